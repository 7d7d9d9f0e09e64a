import type { UpdateCollectionRequest, VectorParamsDiff } from '../api/requests.ts';
import {
  type CollectionConfig,
  NO_HNSW_DIFF,
  type QuantizationConfig,
  type VectorParams,
} from '../model/collection-config.ts';
import { checkVectorName } from './check-vectors.ts';
import type { Deps } from './deps.ts';
import { overlay } from './overlay.ts';

/** Null or absent = unchanged. Graphs that no longer fit are built again in the background. */
export async function updateCollection(
  deps: Deps,
  name: string,
  request: UpdateCollectionRequest,
): Promise<void> {
  const collection = await deps.collections.get(name);
  for (const vector of request.vectors?.keys() ?? []) checkVectorName(collection.config, vector);
  await collection.configure((config) => changedConfig(config, request));
}

function changedConfig(config: CollectionConfig, request: UpdateCollectionRequest): CollectionConfig {
  const { params } = request;
  const vectors = new Map(config.vectors);
  for (const [name, diff] of request.vectors ?? [])
    vectors.set(name, changedVector(vectors.get(name)!, diff));
  return {
    ...config,
    vectors,
    replication_factor: params?.replication_factor ?? config.replication_factor,
    write_consistency_factor: params?.write_consistency_factor ?? config.write_consistency_factor,
    read_fan_out_factor: params?.read_fan_out_factor ?? config.read_fan_out_factor,
    on_disk_payload: params?.on_disk_payload ?? config.on_disk_payload,
    hnsw_config: overlay(config.hnsw_config, request.hnsw_config),
    optimizer_config: overlay(config.optimizer_config, request.optimizers_config),
    quantization_config: changedQuantization(config.quantization_config, request.quantization_config),
    metadata: mergedMetadata(config.metadata, request.metadata),
  };
}

function changedVector(vector: VectorParams, diff: VectorParamsDiff): VectorParams {
  return {
    ...vector,
    hnsw_config:
      diff.hnsw_config === null
        ? vector.hnsw_config
        : overlay(vector.hnsw_config ?? NO_HNSW_DIFF, diff.hnsw_config),
    quantization_config: changedQuantization(vector.quantization_config, diff.quantization_config),
    on_disk: diff.on_disk ?? vector.on_disk,
    memory: diff.memory ?? vector.memory,
  };
}

function changedQuantization(
  before: QuantizationConfig | null,
  change: QuantizationConfig | 'Disabled' | null,
): QuantizationConfig | null {
  if (change === null) return before;
  return change === 'Disabled' ? null : change;
}

/** Top-level keys are merged, null removes. */
function mergedMetadata(
  before: Record<string, unknown> | null,
  change: Record<string, unknown> | null,
): Record<string, unknown> | null {
  if (change === null) return before;
  const merged: Record<string, unknown> = Object.assign(Object.create(null), before);
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}
