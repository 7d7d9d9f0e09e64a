import { notImplemented } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import { DEFAULT_VECTOR, type NamedVectors, type Vector } from '../model/vector.ts';
import { isObject, noVariant } from './fields.ts';
import type { Violations } from './violations.ts';

/**
 * One dense vector. Adds a violation when it is empty or has a component that is no finite f32; refuses sparse and
 * multi vectors and inference objects as not built; returns null when the value is no vector at all.
 */
export function parseVector(value: BodyValue | undefined, violations: Violations): Vector | null {
  const vector = denseVector(value);
  if (vector !== null) {
    checkVector(vector, violations);
    return vector;
  }
  if (Array.isArray(value) && value.every((row) => denseVector(row) !== null)) {
    throw notImplemented('multivectors (a list of vectors in place of one)');
  }
  if (isObject(value)) {
    if (value.indices !== undefined && value.values !== undefined) throw notImplemented('sparse vectors');
    refuseInference(value);
  }
  return null;
}

/** The scan makes number lists `Float32Array`s, but leaves those below a key `indices` as they are. */
function denseVector(value: BodyValue | undefined): Vector | null {
  if (value instanceof Float32Array) return value;
  if (!Array.isArray(value)) return null;
  if (!value.every((item) => typeof item === 'number' || typeof item === 'bigint')) return null;
  return Float32Array.from(value, Number);
}

function refuseInference(value: BodyObject): void {
  if (typeof value.model !== 'string') return;
  for (const kind of ['text', 'image', 'object']) {
    if (value[kind] !== undefined) throw notImplemented(`inference (\`${kind}\` in place of a vector)`);
  }
}

function checkVector(vector: Vector, violations: Violations): void {
  if (vector.length === 0) violations.add('', 'dense vector must not be empty');
  let poison = 0;
  for (let i = 0; i < vector.length; i++) poison += vector[i]! * 0;
  if (poison === 0) return;
  const at = vector.findIndex((component) => !Number.isFinite(component));
  violations.add(`[${at}]`, 'value invalid, must be a finite 32-bit number');
}

/** The vectors of one point: a bare vector (the unnamed one) or a map by name. */
export function parseVectorStruct(value: BodyValue | undefined, violations: Violations): NamedVectors {
  if (value instanceof Float32Array) {
    checkVector(value, violations);
    return new Map([[DEFAULT_VECTOR, value]]);
  }
  if (!isObject(value)) {
    const vector = parseVector(value, violations);
    if (vector === null) throw noVariant('VectorStruct');
    return new Map([[DEFAULT_VECTOR, vector]]);
  }
  refuseInference(value);
  const vectors: NamedVectors = new Map();
  for (const name of Object.keys(value)) {
    const from = violations.count;
    const vector = parseVector(value[name], violations);
    if (vector === null) throw noVariant('VectorStruct');
    if (violations.count > from) violations.prefix(from, '?');
    vectors.set(name, vector);
  }
  return vectors;
}
