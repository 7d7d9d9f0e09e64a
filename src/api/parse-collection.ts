import { notImplemented } from '../model/errors.ts';
import { type BodyObject, type BodyValue, RawJson } from '../model/json.ts';
import {
  isAbsent,
  isObject,
  optionalBool,
  optionalInteger,
  readEnum,
  readObject,
  wrongType,
} from './fields.ts';
import {
  optionalHnsw,
  optionalOptimizers,
  optionalQuantization,
  optionalQuantizationDiff,
  optionalWal,
} from './parse-config-diffs.ts';
import { parseVectorsConfig, parseVectorsDiff } from './parse-vector-params.ts';
import { plainJson } from './plain-json.ts';
import type { CreateCollectionRequest, UpdateCollectionRequest } from './requests.ts';
import type { Violations } from './violations.ts';

export function parseCreateCollection(value: BodyValue, violations: Violations): CreateCollectionRequest {
  const object = readObject(value, 'CreateCollection');
  const count = (name: string) => optionalInteger(object, name, 'u32', { min: 1 }, violations);
  const request: CreateCollectionRequest = {
    vectors: parseVectorsConfig(object.vectors, violations),
    shard_number: count('shard_number'),
    replication_factor: count('replication_factor'),
    write_consistency_factor: count('write_consistency_factor'),
    on_disk_payload: optionalBool(object, 'on_disk_payload'),
    hnsw_config: optionalHnsw(object, violations),
    optimizers_config: optionalOptimizers(object, violations),
    wal_config: optionalWal(object, violations),
    quantization_config: optionalQuantization(object, violations),
    metadata: metadata(object.metadata),
  };
  const sharding = isAbsent(object.sharding_method)
    ? 'auto'
    : readEnum(object.sharding_method, ['auto', 'custom'] as const);
  if (sharding === 'custom') throw notImplemented('custom sharding (`sharding_method`)');
  refuseUnbuilt(object);
  return request;
}

/** Absent and null leave things as they are. */
export function parseUpdateCollection(value: BodyValue, violations: Violations): UpdateCollectionRequest {
  const object = readObject(value, 'UpdateCollection');
  const request: UpdateCollectionRequest = {
    vectors: parseVectorsDiff(object.vectors, violations),
    optimizers_config: optionalOptimizers(object, violations),
    params: paramsDiff(object.params, violations),
    hnsw_config: optionalHnsw(object, violations),
    quantization_config: optionalQuantizationDiff(object, violations),
    metadata: metadata(object.metadata),
  };
  refuseUnbuilt(object);
  return request;
}

function paramsDiff(value: BodyValue | undefined, violations: Violations): UpdateCollectionRequest['params'] {
  if (isAbsent(value)) return null;
  const object = readObject(value, 'CollectionParamsDiff');
  return violations.within('params', () => {
    refusePayloadPlacement(object);
    if (!isAbsent(object.read_fan_out_delay_ms)) throw notImplemented('`read_fan_out_delay_ms`');
    return {
      replication_factor: optionalInteger(object, 'replication_factor', 'u32', { min: 1 }, violations),
      write_consistency_factor: optionalInteger(
        object,
        'write_consistency_factor',
        'u32',
        { min: 1 },
        violations,
      ),
      read_fan_out_factor: optionalInteger(object, 'read_fan_out_factor', 'u32', {}, violations),
      on_disk_payload: optionalBool(object, 'on_disk_payload'),
    };
  });
}

function metadata(value: BodyValue | undefined): Record<string, unknown> | null {
  if (isAbsent(value)) return null;
  if (!isObject(value)) throw wrongType(value, 'a map');
  return plainJson(value) as Record<string, unknown>;
}

function refuseUnbuilt(object: BodyObject): void {
  refusePayloadPlacement(object);
  const sparse = object.sparse_vectors;
  if (!isAbsent(sparse) && Object.keys(readObject(sparse, 'SparseVectorsConfig')).length > 0) {
    throw notImplemented('sparse vectors (`sparse_vectors`)');
  }
  const strict = object.strict_mode_config;
  if (isAbsent(strict)) return;
  const fields = Object.entries(readObject(strict, 'StrictModeConfig')).filter(([, v]) => v !== null);
  if (fields.some(([key, v]) => key !== 'enabled' || v !== false)) {
    throw notImplemented('strict mode (`strict_mode_config`)');
  }
}

/** The scan keeps any object under `payload` as bytes. */
function refusePayloadPlacement(object: BodyObject): void {
  const placement = object.payload;
  if (isAbsent(placement)) return;
  const params = readObject(
    placement instanceof RawJson ? plainJson(placement) : placement,
    'PayloadStorageParams',
  );
  if (!isAbsent(params.memory)) throw notImplemented('placement of payload (`payload.memory`)');
}
