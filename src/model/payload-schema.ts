/** Payload index types of Qdrant; `geo` and `text` are not built yet and refused by `api/`. */
export type PayloadIndexType = 'keyword' | 'integer' | 'float' | 'bool' | 'datetime' | 'uuid';
export const PAYLOAD_INDEX_TYPES: readonly PayloadIndexType[] = [
  'keyword',
  'integer',
  'float',
  'bool',
  'datetime',
  'uuid',
];

export interface PayloadIndexSchema {
  type: PayloadIndexType;
  /** The parameters as the client gave them (echoed in `payload_schema`), or null when only a type name was given. */
  params: Record<string, unknown> | null;
  /** integer only: match conditions may use the index. */
  lookup: boolean;
  /** integer only: range conditions may use the index. */
  range: boolean;
}
