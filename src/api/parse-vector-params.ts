import type { Datatype, VectorParams } from '../model/collection-config.ts';
import { DISTANCES } from '../model/distance.ts';
import { notImplemented } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import { DEFAULT_VECTOR } from '../model/vector.ts';
import { FORBIDDEN_CHARS, printable } from './collection-name.ts';
import {
  checkLimits,
  isAbsent,
  isObject,
  noVariant,
  optionalBool,
  readEnum,
  readInteger,
  readObject,
  required,
} from './fields.ts';
import {
  optionalHnsw,
  optionalMemory,
  optionalQuantization,
  optionalQuantizationDiff,
} from './parse-config-diffs.ts';
import type { VectorParamsDiff } from './requests.ts';
import type { Violations } from './violations.ts';

export const VECTOR_SIZE_MAX = 65536;
/** Bounds what one collection costs: every name has files and a graph of its own. */
export const VECTOR_NAMES_MAX = 256;
const VECTOR_NAME_BYTES_MAX = 200;

/** One `VectorParams` (the unnamed vector) or a map by name; absent and null are a collection without vectors. */
export function parseVectorsConfig(
  value: BodyValue | undefined,
  violations: Violations,
): Map<string, VectorParams> {
  const vectors = new Map<string, VectorParams>();
  if (isAbsent(value)) return vectors;
  if (!isObject(value)) throw noVariant('VectorsConfig');
  return violations.within('vectors', () => {
    if (isSingle(value)) return vectors.set(DEFAULT_VECTOR, vectorParams(value, violations));
    const names = Object.keys(value);
    if (!checkNames(names, violations)) return vectors;
    for (const name of names) {
      const params = readObject(value[name], 'VectorParams');
      vectors.set(
        name,
        violations.within('?', () => vectorParams(params, violations)),
      );
    }
    return vectors;
  });
}

/** `size` or `distance` that is no object can only be the parameter, not a vector of that name. */
const isSingle = (value: BodyObject): boolean =>
  ['size', 'distance'].some((key) => value[key] !== undefined && !isObject(value[key]));

function checkNames(names: string[], violations: Violations): boolean {
  if (names.length > VECTOR_NAMES_MAX) {
    violations.add('', `a collection can have at most ${VECTOR_NAMES_MAX} vectors, ${names.length} given`);
    return false;
  }
  for (const name of names) {
    if (Buffer.byteLength(name) > VECTOR_NAME_BYTES_MAX) {
      violations.add('?', `vector name cannot be longer than ${VECTOR_NAME_BYTES_MAX} bytes`);
    }
    const bad = FORBIDDEN_CHARS.find((char) => name.includes(char));
    if (bad !== undefined) violations.add('?', `vector name cannot contain "${printable(bad)}" char`);
  }
  return true;
}

function vectorParams(object: BodyObject, violations: Violations): VectorParams {
  const size = readInteger(required(object, 'size'), 'usize');
  checkLimits('size', size, { min: 1, max: VECTOR_SIZE_MAX }, violations);
  const distance = readEnum(required(object, 'distance'), DISTANCES);
  if (!isAbsent(object.multivector_config)) throw notImplemented('multivectors (`multivector_config`)');
  return {
    size,
    distance,
    datatype: datatype(object.datatype),
    hnsw_config: optionalHnsw(object, violations),
    quantization_config: optionalQuantization(object, violations),
    on_disk: optionalBool(object, 'on_disk'),
    memory: vectorMemory(object, violations),
  };
}

function datatype(value: BodyValue | undefined): Datatype | null {
  if (isAbsent(value)) return null;
  const type = readEnum(value, ['float32', 'float16', 'uint8', 'turbo4'] as const);
  if (type === 'turbo4') throw notImplemented('the vector datatype `turbo4`');
  return type;
}

function vectorMemory(object: BodyObject, violations: Violations): VectorParams['memory'] {
  const memory = optionalMemory(object);
  if (memory === 'pinned') {
    violations.add('memory', '`pinned` memory placement is not supported for dense vector storage');
  }
  return memory;
}

/** The map of an update; the key "" is the unnamed vector. */
export function parseVectorsDiff(
  value: BodyValue | undefined,
  violations: Violations,
): Map<string, VectorParamsDiff> | null {
  if (isAbsent(value)) return null;
  const object = readObject(value, 'VectorsConfigDiff');
  const diffs = new Map<string, VectorParamsDiff>();
  for (const name of Object.keys(object)) {
    const params = readObject(object[name], 'VectorParamsDiff');
    const diff = violations.within('vectors.?', () => ({
      hnsw_config: optionalHnsw(params, violations),
      quantization_config: optionalQuantizationDiff(params, violations),
      on_disk: optionalBool(params, 'on_disk'),
      memory: vectorMemory(params, violations),
    }));
    diffs.set(name, diff);
  }
  return diffs;
}
