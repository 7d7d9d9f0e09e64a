import type { PayloadBytes } from './operation.ts';
import type { PointId } from './point-id.ts';
import type { NamedVectors } from './vector.ts';

/** A point as a read returns it. `payload` and `vectors` are null when they were not asked for. */
export interface PointRecord {
  id: PointId;
  /** Selected payload as JSON bytes; `{}` when the point has none. */
  payload: PayloadBytes | null;
  vectors: NamedVectors | null;
}

export interface ScoredPoint extends PointRecord {
  version: number;
  score: number;
}

/** What of the payload to return: all, nothing, or the given paths / all but the given paths. */
export type PayloadSelector = boolean | { include: string[] } | { exclude: string[] };
/** Which vectors to return: all, none, or by name. */
export type VectorSelector = boolean | string[];
