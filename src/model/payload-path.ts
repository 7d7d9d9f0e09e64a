/** A parsed JSON path (reference 3.8): `a.b`, `a[].b`, `a[0]`, `"quoted key".b`. `text` is as the client wrote it. */
export interface PayloadPath {
  readonly text: string;
  readonly steps: readonly PathStep[];
}
export type PathStep =
  | { kind: 'key'; key: string }
  /** Every element of an array. */
  | { kind: 'all' }
  | { kind: 'index'; index: number };
