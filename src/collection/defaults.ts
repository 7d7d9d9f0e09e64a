import type { HnswConfig, OptimizersConfig, WalConfig } from '../model/collection-config.ts';

/** What a new collection gets where its request is silent; from the server's configuration. */
export interface CollectionDefaults {
  hnsw: HnswConfig;
  optimizers: OptimizersConfig;
  wal: WalConfig;
  onDiskPayload: boolean;
  replicationFactor: number;
  writeConsistencyFactor: number;
}
