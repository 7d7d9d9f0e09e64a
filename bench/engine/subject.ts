import type { Manifest } from '../data/data-folder.ts';

export interface BuildOptions {
  manifest: Manifest;
  m: number;
  efConstruct: number;
  threads: number;
}

/** One vector index under measurement, filled with all rows of a data folder; a row's number is its label. */
export interface Subject {
  /** What it is in a line: version, instruction set. */
  readonly about: string;
  /** Puts rows `from`, `from + 1` ... into the index. */
  add(from: number, vectors: Float32Array): void;
  /** Ends the build: everything added can be searched at full speed. */
  finish(): Promise<void>;
  /** Candidates kept by searches from now on. */
  setEf(ef: number): void;
  /** Takes the queries (raw, queries x dim) in whatever form it searches fastest, outside of all timing. */
  prepare(queries: Float32Array): void;
  /** Row numbers nearest to query `i`, best first. */
  search(i: number, topK: number): ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Distances computed by searches since the last call; null when the index does not tell. */
  takeDistances(): number | null;
  close(): Promise<void>;
}
