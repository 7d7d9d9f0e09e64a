import type { Distance } from './distance.ts';

export type Datatype = 'float32' | 'float16' | 'uint8';
export type MemoryPlacement = 'cold' | 'cached' | 'pinned';

/** A diff: null means "as the level above". Names are the wire's, so that info echoes them. */
export interface HnswDiff {
  m: number | null;
  ef_construct: number | null;
  full_scan_threshold: number | null;
  max_indexing_threads: number | null;
  on_disk: boolean | null;
  memory: MemoryPlacement | null;
  payload_m: number | null;
  inline_storage: boolean | null;
}

/** Changes nothing. */
export const NO_HNSW_DIFF: HnswDiff = {
  m: null,
  ef_construct: null,
  full_scan_threshold: null,
  max_indexing_threads: null,
  on_disk: null,
  memory: null,
  payload_m: null,
  inline_storage: null,
};

export interface HnswConfig {
  m: number;
  ef_construct: number;
  /** Kilobytes of vectors below which scoring every candidate beats the graph. */
  full_scan_threshold: number;
  max_indexing_threads: number;
  on_disk: boolean;
  memory: MemoryPlacement | null;
  payload_m: number | null;
  inline_storage: boolean | null;
}

export interface OptimizersConfig {
  deleted_threshold: number;
  vacuum_min_vector_number: number;
  default_segment_number: number;
  max_segment_size: number | null;
  memmap_threshold: number | null;
  /** Kilobytes of vectors in a segment from which the graph is built; 0 or null = never. */
  indexing_threshold: number | null;
  flush_interval_sec: number;
  max_optimization_threads: number | 'auto' | null;
  prevent_unoptimized: boolean | null;
}
export type OptimizersDiff = { [K in keyof OptimizersConfig]: OptimizersConfig[K] | null };

export interface WalConfig {
  wal_capacity_mb: number;
  wal_segments_ahead: number;
  wal_retain_closed: number;
}
export type WalDiff = { [K in keyof WalConfig]: WalConfig[K] | null };

export interface ScalarQuantization {
  scalar: {
    type: 'int8';
    quantile: number | null;
    always_ram: boolean | null;
    memory: MemoryPlacement | null;
  };
}
/** Other kinds are refused by `api/` until they are built. */
export type QuantizationConfig = ScalarQuantization;

export interface VectorParams {
  size: number;
  distance: Distance;
  datatype: Datatype | null;
  hnsw_config: HnswDiff | null;
  quantization_config: QuantizationConfig | null;
  on_disk: boolean | null;
  memory: MemoryPlacement | null;
}

export interface CollectionConfig {
  /** By vector name; "" is the unnamed default vector. */
  vectors: Map<string, VectorParams>;
  shard_number: number;
  replication_factor: number;
  write_consistency_factor: number;
  read_fan_out_factor: number | null;
  on_disk_payload: boolean;
  hnsw_config: HnswConfig;
  optimizer_config: OptimizersConfig;
  wal_config: WalConfig;
  quantization_config: QuantizationConfig | null;
  metadata: Record<string, unknown> | null;
}
