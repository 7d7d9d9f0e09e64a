import { type BodyValue, type Json, type JsonObject, RawJson } from '../model/json.ts';
import { formatError } from './fields.ts';

/** A body value without the scan's special forms, for the few objects that are kept as data (metadata, parameters). */
export function plainJson(value: BodyValue): Json {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof RawJson) return nullPrototype(JSON.parse(Buffer.from(value.bytes).toString('utf8')));
  if (value instanceof Float32Array) return Array.from(value, shortestDouble);
  if (Array.isArray(value)) return value.map(plainJson);
  const object: JsonObject = Object.create(null);
  for (const key of Object.keys(value)) object[key] = plainJson(value[key]!);
  return object;
}

/** The double that a client most likely wrote for this f32: the one with the fewest digits. */
function shortestDouble(value: number): number {
  if (!Number.isFinite(value)) throw formatError('number out of range');
  for (let digits = 6; digits <= 9; digits++) {
    const double = Number(value.toPrecision(digits));
    if (Math.fround(double) === value) return double;
  }
  return value;
}

function nullPrototype(value: unknown): Json {
  if (value === null || typeof value !== 'object') return value as Json;
  if (Array.isArray(value)) return value.map(nullPrototype);
  const object: JsonObject = Object.create(null);
  for (const [key, inner] of Object.entries(value)) object[key] = nullPrototype(inner);
  return object;
}
