import type {
  CreateCollectionRequest,
  QueryRequest,
  RequestContext,
  SearchParams,
  WriteOptions,
} from '../../src/api/requests.ts';
import { Collections } from '../../src/collection/collections.ts';
import type { CollectionDefaults } from '../../src/collection/defaults.ts';
import type { Coordinator } from '../../src/coordinator/coordinator.ts';
import { nodeCoordinator } from '../../src/coordinator/node-coordinator.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { ReferenceEngine } from '../../src/engine/reference/reference-engine.ts';
import type { VectorParams } from '../../src/model/collection-config.ts';
import { type Logger, silentLogger } from '../../src/observability/logger.ts';
import { Optimizer } from '../../src/shard/optimize.ts';
import { Shard } from '../../src/shard/shard.ts';
import { type Clock, systemClock } from '../../src/shared/clock.ts';
import type { Files } from '../../src/storage/files/files.ts';

export interface TestNodeOptions {
  files: Files;
  engine?: Engine;
  clock?: Clock;
  logger?: Logger;
  defaults?: Partial<CollectionDefaults>;
}

/** A node without gateways and without `main.ts`, over the files, engine and clock it is given. */
export interface TestNode {
  coordinator: Coordinator;
  collections: Collections;
  engine: Engine;
  close(): Promise<void>;
}

/** Defaults for small data: graphs are built from 1 KB of vectors on, checkpoints come when they are asked for. */
export const TEST_DEFAULTS: CollectionDefaults = {
  hnsw: {
    m: 16,
    ef_construct: 100,
    full_scan_threshold: 10,
    max_indexing_threads: 0,
    on_disk: false,
    memory: null,
    payload_m: null,
    inline_storage: null,
  },
  optimizers: {
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 20,
    default_segment_number: 0,
    max_segment_size: null,
    memmap_threshold: null,
    indexing_threshold: 1,
    flush_interval_sec: 3600,
    max_optimization_threads: null,
    prevent_unoptimized: null,
  },
  wal: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
  onDiskPayload: true,
  replicationFactor: 1,
  writeConsistencyFactor: 1,
};

/** Resolves when every collection is open or has failed. */
export async function openTestNode(options: TestNodeOptions): Promise<TestNode> {
  const { files, clock = systemClock, logger = silentLogger } = options;
  const engine = options.engine ?? new ReferenceEngine(clock);
  const optimizer = new Optimizer({ threads: 1, clock, logger });
  const collections = new Collections({
    files,
    logger,
    openShard: (folder, config) => Shard.open({ engine, files, folder, clock, logger, optimizer }, config),
  });
  const { opened } = await collections.load();
  await opened;
  const defaults = { ...TEST_DEFAULTS, ...options.defaults };
  const coordinator = nodeCoordinator({ collections, defaults, clock });
  return { coordinator, collections, engine, close: () => collections.close() };
}

/** A request that has a minute from now. */
export const context = (clock: Clock = systemClock, signal?: AbortSignal): RequestContext => ({
  signal: signal ?? new AbortController().signal,
  timeoutMs: 60_000,
  startedMs: clock.monotonicMs(),
});

export const WAIT: WriteOptions = { wait: true, ordering: 'weak', timeoutSec: null };
export const NO_WAIT: WriteOptions = { ...WAIT, wait: false };

export const vectorParams = (size: number, change: Partial<VectorParams> = {}): VectorParams => ({
  size,
  distance: 'Dot',
  datatype: null,
  hnsw_config: null,
  quantization_config: null,
  on_disk: null,
  memory: null,
  ...change,
});

/** A collection with one unnamed vector of that size, or with the vectors given. */
export const createRequest = (
  vectors: number | Record<string, VectorParams>,
  change: Partial<CreateCollectionRequest> = {},
): CreateCollectionRequest => ({
  vectors: new Map(Object.entries(typeof vectors === 'number' ? { '': vectorParams(vectors) } : vectors)),
  shard_number: null,
  replication_factor: null,
  write_consistency_factor: null,
  on_disk_payload: null,
  hnsw_config: null,
  optimizers_config: null,
  wal_config: null,
  quantization_config: null,
  metadata: null,
  ...change,
});

export const SEARCH_PARAMS: SearchParams = {
  hnswEf: null,
  exact: false,
  indexedOnly: false,
  quantization: null,
};

export const queryRequest = (change: Partial<QueryRequest>): QueryRequest => ({
  query: null,
  using: '',
  filter: null,
  params: SEARCH_PARAMS,
  scoreThreshold: null,
  limit: 10,
  offset: 0,
  withPayload: true,
  withVector: false,
  ...change,
});

export const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
export const textOf = (bytes: Uint8Array | null): string | null => bytes && Buffer.from(bytes).toString();
