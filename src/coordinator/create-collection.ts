import type { CreateCollectionRequest } from '../api/requests.ts';
import type { CollectionDefaults } from '../collection/defaults.ts';
import type { CollectionConfig } from '../model/collection-config.ts';
import type { Deps } from './deps.ts';
import { overlay } from './overlay.ts';

export async function createCollection(
  deps: Deps,
  name: string,
  request: CreateCollectionRequest,
): Promise<void> {
  await deps.collections.create(name, newConfig(request, deps.defaults));
}

function newConfig(request: CreateCollectionRequest, defaults: CollectionDefaults): CollectionConfig {
  return {
    vectors: request.vectors,
    shard_number: request.shard_number ?? 1,
    replication_factor: request.replication_factor ?? defaults.replicationFactor,
    write_consistency_factor: request.write_consistency_factor ?? defaults.writeConsistencyFactor,
    read_fan_out_factor: null,
    on_disk_payload: request.on_disk_payload ?? defaults.onDiskPayload,
    hnsw_config: overlay(defaults.hnsw, request.hnsw_config),
    optimizer_config: overlay(defaults.optimizers, request.optimizers_config),
    wal_config: overlay(defaults.wal, request.wal_config),
    quantization_config: request.quantization_config,
    metadata: request.metadata,
  };
}
