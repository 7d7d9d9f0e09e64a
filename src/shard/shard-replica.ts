import type { CollectionConfig } from '../model/collection-config.ts';
import type { Filter } from '../model/filter.ts';
import type { PayloadBytes } from '../model/operation.ts';
import type { PayloadIndexSchema } from '../model/payload-schema.ts';
import type { PointId } from '../model/point-id.ts';
import type { NamedVectors } from '../model/vector.ts';
import type { WriteRequest } from '../model/write.ts';
import type { Ranked } from '../query/merge.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import type { SearchTrace } from '../segment/search.ts';

/** A point as a shard holds it: whole payload, vectors when they were asked for. */
export interface StoredPoint {
  id: PointId;
  version: number;
  payload: PayloadBytes | null;
  /** The vectors by the names asked for; null when none were. */
  vectors: NamedVectors | null;
}

export type ShardHit = StoredPoint & Ranked;

/** Names of the vectors to read; null = none. */
export type VectorNames = readonly string[] | null;

/** Promises of one accepted write: it is applied already when the caller gets it. */
export interface AcceptedWrite {
  sequence: number;
  /** Resolves when the write is durable in the log. */
  durable: Promise<void>;
  /** Resolves when its background part is done too (a payload index is built). */
  completed: Promise<void>;
}

export interface ShardInfo {
  points: number;
  /** Vectors that are in a graph, over all vector names. */
  indexedVectors: number;
  segments: number;
  /** True while background work on the segments is due or running. */
  optimizing: boolean;
  /** Why the shard refuses writes, or null. */
  failure: string | null;
  payloadSchema: Map<string, { schema: PayloadIndexSchema; points: number }>;
  writesWaiting: number;
}

/**
 * One copy of a shard, here or on another peer. Everything a collection asks of it. Reads see every write that was
 * accepted before them. Rejections are `SextantError`s; a rejected write was not logged.
 */
export interface ShardReplica {
  /** Resolves filters and missing ids, logs, applies; in call order. Vectors are validated against the schema before. */
  write(request: WriteRequest, budget: ReadBudget): Promise<AcceptedWrite>;
  search(
    plan: NearestPlan,
    vectors: VectorNames,
    budget: ReadBudget,
  ): Promise<{ hits: ShardHit[]; traces: SearchTrace[] }>;
  /** Points of `ids` that exist, in the order asked, each once. */
  retrieve(ids: readonly PointId[], vectors: VectorNames): Promise<StoredPoint[]>;
  /** The next `limit` points at or after `from` that match, in id order. */
  scroll(
    from: PointId | null,
    limit: number,
    filter: Filter | null,
    vectors: VectorNames,
    budget: ReadBudget,
  ): Promise<StoredPoint[]>;
  count(filter: Filter | null, exact: boolean, budget: ReadBudget): Promise<number>;
  info(): ShardInfo;
  /** The collection's parameters changed; graphs that no longer fit are built again in the background. */
  configure(config: CollectionConfig): Promise<void>;
  /** Writes a checkpoint and closes; waits for running work. */
  close(): Promise<void>;
  /** Closes without a checkpoint: the files are about to be removed. */
  discard(): Promise<void>;
}
