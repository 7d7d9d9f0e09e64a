import { LOG_LEVELS } from '../observability/logger.ts';
import { ENGINE_CORES } from './config.ts';

/** What a key's value must be. Null, in a file, always means the default. */
export type ValueType =
  | { kind: 'integer'; min: number; max?: number; or?: readonly string[] }
  | { kind: 'number'; min: number; max: number }
  | { kind: 'boolean' }
  | { kind: 'text' }
  | { kind: 'choice'; of: readonly string[]; ignoreCase?: boolean };

export interface KeySpec {
  type: ValueType;
  default: string | number | boolean | null;
  /** Another name of the last part, as Qdrant allows it. */
  alias?: string;
}

const integer = (value: number | null, min: number, max?: number): KeySpec => ({
  type: { kind: 'integer', min, ...(max === undefined ? {} : { max }) },
  default: value,
});
const flag = (value: boolean): KeySpec => ({ type: { kind: 'boolean' }, default: value });
const text = (value: string | null): KeySpec => ({ type: { kind: 'text' }, default: value });

/** Every key that has an effect, with its default; units are in the names and in config/default.yaml. */
export const EFFECTIVE_KEYS = {
  log_level: { type: { kind: 'choice', of: LOG_LEVELS, ignoreCase: true }, default: 'info' },
  'logger.format': { type: { kind: 'choice', of: ['text', 'json'] }, default: 'text' },
  'service.host': text('127.0.0.1'),
  'service.http_port': integer(6333, 0, 65535),
  'service.max_request_size_mb': integer(32, 1, 1024),
  'service.enable_cors': flag(true),
  'storage.storage_path': text('./storage'),
  'storage.on_disk_payload': flag(true),
  'storage.performance.search_timeout_sec': integer(60, 1, 86_400),
  'storage.wal.wal_capacity_mb': integer(32, 1),
  'storage.wal.wal_segments_ahead': integer(0, 0),
  'storage.wal.wal_retain_closed': integer(1, 1),
  'storage.hnsw_index.m': integer(16, 0, 4096),
  'storage.hnsw_index.ef_construct': integer(100, 4),
  'storage.hnsw_index.full_scan_threshold_kb': { ...integer(10_000, 0), alias: 'full_scan_threshold' },
  'storage.hnsw_index.max_indexing_threads': integer(0, 0),
  'storage.hnsw_index.on_disk': flag(false),
  'storage.hnsw_index.payload_m': integer(null, 0),
  'storage.optimizers.deleted_threshold': { type: { kind: 'number', min: 0, max: 1 }, default: 0.2 },
  'storage.optimizers.vacuum_min_vector_number': integer(1000, 100),
  'storage.optimizers.default_segment_number': integer(0, 0),
  'storage.optimizers.max_segment_size_kb': { ...integer(null, 1), alias: 'max_segment_size' },
  'storage.optimizers.memmap_threshold_kb': { ...integer(null, 0), alias: 'memmap_threshold' },
  'storage.optimizers.indexing_threshold_kb': { ...integer(10_000, 0), alias: 'indexing_threshold' },
  'storage.optimizers.flush_interval_sec': integer(5, 0),
  'storage.optimizers.max_optimization_threads': {
    type: { kind: 'integer', min: 0, or: ['auto'] },
    default: null,
  },
  'storage.collection.replication_factor': integer(1, 1),
  'storage.collection.write_consistency_factor': integer(1, 1),
  'engine.core': { type: { kind: 'choice', of: ENGINE_CORES }, default: 'auto' },
  'engine.threads': integer(0, 0, 1024),
  'engine.simd': text(null),
} as const satisfies Record<string, KeySpec>;

export type EffectiveKey = keyof typeof EFFECTIVE_KEYS;

/** Keys of Qdrant without effect here: a warning. A name that ends in `.*` stands for all keys below it. */
export const IGNORED_KEYS: readonly string[] = [
  'telemetry_disabled',
  'logger.on_disk.*',
  'storage.snapshots_path',
  'storage.temp_path',
  'storage.snapshots_config.*',
  'storage.payload.memory',
  'storage.low_memory_mode',
  'storage.update_concurrency',
  'storage.update_queue_size',
  'storage.node_type',
  'storage.performance.max_search_threads',
  'storage.performance.optimizer_cpu_budget',
  'storage.performance.optimizer_io_budget',
  'storage.performance.update_rate_limit',
  'storage.performance.incoming_shard_transfers_limit',
  'storage.performance.outgoing_shard_transfers_limit',
  'storage.performance.async_scorer',
  'storage.performance.io_uring',
  'storage.performance.max_concurrent_collection_loads',
  'storage.performance.max_concurrent_shard_loads',
  'storage.performance.max_concurrent_segment_loads',
  'storage.optimizers.prevent_unoptimized',
  'storage.optimizers_overwrite.*',
  'storage.hnsw_index.memory',
  'storage.hnsw_index.inline_storage',
  'storage.hnsw_global_config.*',
  'storage.mmap_advice',
  'storage.shard_transfer_method',
  'storage.collection.shard_number',
  'storage.collection.shard_number_per_node',
  'storage.collection.vectors.*',
  'storage.collection.quantization.*',
  'storage.collection.strict_mode.*',
  'storage.max_collections',
  'storage.quotas.*',
  'storage.recovery_mode',
  'storage.handle_collection_load_errors',
  'service.grpc_port',
  'service.metrics_port',
  'service.max_workers',
  'service.hide_jwt_dashboard',
  'service.static_content_dir',
  'service.enable_static_content',
  'service.slow_query_secs',
  'service.hardware_reporting',
  'service.metrics_prefix',
  'service.enable_snapshot_url_recovery',
  'cluster.peer_id',
  'cluster.grpc_timeout_ms',
  'cluster.connection_timeout_ms',
  'cluster.resharding_enabled',
  'cluster.p2p.*',
  'cluster.consensus.*',
  'tls.*',
  'inference.*',
  'gpu.*',
  'feature_flags.*',
  'debugger.*',
  'audit.*',
];

/**
 * Keys that protect the server or its data in Qdrant and are not built here. Starting without the protection that was
 * asked for would be worse than not starting: any value but an empty one or false stops the start.
 */
export const REFUSED_KEYS: ReadonlyMap<string, string> = new Map([
  ['service.api_key', 'API keys are not supported yet: the server would be open to everyone who reaches it'],
  [
    'service.alt_api_key',
    'API keys are not supported yet: the server would be open to everyone who reaches it',
  ],
  [
    'service.read_only_api_key',
    'API keys are not supported yet: the server would be open to everyone who reaches it',
  ],
  ['service.jwt_rbac', 'access tokens are not supported yet'],
  ['service.enforce_internal_auth', 'access tokens are not supported yet'],
  ['service.enable_tls', 'TLS is not supported yet: traffic would not be encrypted'],
  ['service.verify_https_client_certificate', 'TLS is not supported yet'],
  ['cluster.enabled', 'clusters are not supported yet'],
]);
