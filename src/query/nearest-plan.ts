import type { Filter } from '../model/filter.ts';
import type { PointId } from '../model/point-id.ts';
import type { Vector } from '../model/vector.ts';

/** A nearest search in one vector field, as plain data and free of wire names. */
export interface NearestPlan {
  field: string;
  vector: Vector;
  filter: Filter | null;
  topK: number;
  /** Candidates of the walk; null = max(efConstruct, topK). */
  ef: number | null;
  /** Score every allowed point on originals. */
  exact: boolean;
  /** Leave out what is not in a graph yet, where there is a graph. */
  indexedOnly: boolean;
  /** False = originals drive the walk. */
  codes: boolean;
  rescore: boolean;
  oversampling: number;
  /** Left out of the result: the point whose vector is the query. */
  exclude: PointId | null;
}

/** How long a read may go on and whether its client is still there. */
export interface ReadBudget {
  /** Milliseconds left. */
  remainingMs(): number;
  /** Throws `timeout` when the time is over or the client is gone. */
  check(): void;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
}
