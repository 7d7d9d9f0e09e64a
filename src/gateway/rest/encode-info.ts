import type { CollectionInfo } from '../../api/requests.ts';
import type { CollectionConfig, VectorParams } from '../../model/collection-config.ts';
import { DEFAULT_VECTOR } from '../../model/vector.ts';

/** A plain tree to JSON text; `bigint`s are printed as integers. For small things only: never payload or vectors. */
export function jsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (value === undefined) return 'null';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const members = Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : [`${JSON.stringify(key)}:${jsonText(inner)}`],
  );
  return `{${members.join(',')}}`;
}

/** `CollectionInfo` of the wire; what is unset is left out where the wire leaves it out. */
export function collectionInfo(info: CollectionInfo): unknown {
  return {
    status: info.status,
    optimizer_status: info.optimizerError === null ? 'ok' : { error: info.optimizerError },
    indexed_vectors_count: info.indexedVectorsCount,
    points_count: info.pointsCount,
    segments_count: info.segmentsCount,
    config: config(info.config),
    payload_schema: fromEntries(
      [...info.payloadSchema].map(([path, { schema, points }]) => [
        path,
        { data_type: schema.type, params: schema.params ?? undefined, points },
      ]),
    ),
    update_queue: { length: info.updateQueueLength },
  };
}

/** Keys may be anything, `__proto__` included. */
function fromEntries(entries: [string, unknown][]): Record<string, unknown> {
  const out: Record<string, unknown> = Object.create(null);
  for (const [key, value] of entries) out[key] = value;
  return out;
}

function config(config: CollectionConfig): unknown {
  return {
    params: {
      vectors: vectors(config.vectors),
      shard_number: config.shard_number,
      replication_factor: config.replication_factor,
      write_consistency_factor: config.write_consistency_factor,
      read_fan_out_factor: config.read_fan_out_factor ?? undefined,
      on_disk_payload: config.on_disk_payload,
    },
    hnsw_config: withoutNulls(config.hnsw_config),
    optimizer_config: optimizers(config.optimizer_config),
    wal_config: config.wal_config,
    quantization_config: quantization(config.quantization_config),
    metadata: config.metadata ?? undefined,
  };
}

/** Choosing the threads by itself is null on the wire, whichever way it was asked for. */
const optimizers = (config: CollectionConfig['optimizer_config']): unknown => ({
  ...config,
  max_optimization_threads:
    config.max_optimization_threads === 'auto' ? null : config.max_optimization_threads,
  prevent_unoptimized: config.prevent_unoptimized ?? undefined,
});

function vectors(vectors: CollectionConfig['vectors']): unknown {
  const single = vectors.size === 1 ? vectors.get(DEFAULT_VECTOR) : undefined;
  if (single !== undefined) return vectorParams(single);
  return fromEntries([...vectors].map(([name, params]) => [name, vectorParams(params)]));
}

const vectorParams = (params: VectorParams): unknown =>
  withoutNulls({
    ...params,
    hnsw_config: params.hnsw_config === null ? null : withoutNulls(params.hnsw_config),
    quantization_config: quantization(params.quantization_config),
  });

const quantization = (config: CollectionConfig['quantization_config']): unknown =>
  config === null ? null : { scalar: withoutNulls(config.scalar) };

function withoutNulls(object: object): Record<string, unknown> {
  return fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
