import type {
  CollectionConfig,
  HnswDiff,
  OptimizersDiff,
  QuantizationConfig,
  VectorParams,
  WalDiff,
} from '../model/collection-config.ts';
import type { Filter } from '../model/filter.ts';
import type { PayloadIndexSchema } from '../model/payload-schema.ts';
import type { PayloadSelector, VectorSelector } from '../model/point.ts';
import type { PointId } from '../model/point-id.ts';
import type { Vector } from '../model/vector.ts';
import type { PointsSelector as ModelSelector, WriteRequest as ModelWrite } from '../model/write.ts';

/**
 * Requests after parsing and validation of everything that can be told without the collection (shapes, limits, ids,
 * finite numbers). What needs the schema (vector names, dimensions) the coordinator checks.
 */

/** Who asks, how long it may take, and whether they are still there. One per request, passed all the way down. */
export interface RequestContext {
  /** Aborted when the client is gone or the server stops. */
  signal: AbortSignal;
  /** From `timeout`, else the configured search timeout; milliseconds from the start of the request. */
  timeoutMs: number;
  /** Clock.monotonicMs() at the start of the request. */
  startedMs: number;
}

export interface WriteOptions {
  /** Reply after apply (true) or after the operation is durable in the log (false). */
  wait: boolean;
  ordering: 'weak' | 'medium' | 'strong';
  /** Limit for `wait`; on its end the result is `wait_timeout`. null = none given. */
  timeoutSec: number | null;
}

export interface CreateCollectionRequest {
  /** "" is the unnamed vector. */
  vectors: Map<string, VectorParams>;
  shard_number: number | null;
  replication_factor: number | null;
  write_consistency_factor: number | null;
  on_disk_payload: boolean | null;
  hnsw_config: HnswDiff | null;
  optimizers_config: OptimizersDiff | null;
  wal_config: WalDiff | null;
  quantization_config: QuantizationConfig | null;
  metadata: Record<string, unknown> | null;
}

export interface UpdateCollectionRequest {
  vectors: Map<string, VectorParamsDiff> | null;
  optimizers_config: OptimizersDiff | null;
  params: {
    replication_factor: number | null;
    write_consistency_factor: number | null;
    read_fan_out_factor: number | null;
    on_disk_payload: boolean | null;
  } | null;
  hnsw_config: HnswDiff | null;
  quantization_config: QuantizationConfig | 'Disabled' | null;
  /** Top-level keys are merged, null removes. */
  metadata: Record<string, unknown> | null;
}

export interface VectorParamsDiff {
  hnsw_config: HnswDiff | null;
  quantization_config: QuantizationConfig | 'Disabled' | null;
  on_disk: boolean | null;
  memory: VectorParams['memory'];
}

/** Writes are already what a shard understands. */
export type PointsSelector = ModelSelector;
export type WriteRequest = ModelWrite;

export type UpdateMode = 'upsert' | 'insert_only' | 'update_only';

export interface SearchParams {
  hnswEf: number | null;
  exact: boolean;
  indexedOnly: boolean;
  quantization: { ignore: boolean; rescore: boolean | null; oversampling: number | null } | null;
}

/** `vector`: by value. `id`: the stored vector of a point, which is left out of the result. null = scroll by id. */
export interface QueryRequest {
  query: { vector: Vector } | { id: PointId } | null;
  using: string;
  filter: Filter | null;
  params: SearchParams;
  scoreThreshold: number | null;
  limit: number;
  offset: number;
  withPayload: PayloadSelector;
  withVector: VectorSelector;
}

export interface RetrieveRequest {
  ids: PointId[];
  withPayload: PayloadSelector;
  withVector: VectorSelector;
}

export interface ScrollRequest {
  offset: PointId | null;
  limit: number;
  filter: Filter | null;
  withPayload: PayloadSelector;
  withVector: VectorSelector;
}

export interface CountRequest {
  filter: Filter | null;
  exact: boolean;
}

/** Replies, before encoding. */
export interface UpdateResult {
  operationId: number;
  status: 'acknowledged' | 'completed' | 'wait_timeout';
}

export interface CollectionInfo {
  status: 'green' | 'yellow' | 'grey' | 'red';
  /** null = ok, else what is wrong. */
  optimizerError: string | null;
  indexedVectorsCount: number;
  pointsCount: number;
  segmentsCount: number;
  config: CollectionConfig;
  payloadSchema: Map<string, { schema: PayloadIndexSchema; points: number }>;
  updateQueueLength: number;
}
