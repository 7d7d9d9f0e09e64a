import { notImplemented } from '../model/errors.ts';
import { type BodyObject, type BodyValue, RawJson } from '../model/json.ts';
import type { PayloadBytes, PointStruct } from '../model/operation.ts';
import { type PointId, parsePointId } from '../model/point-id.ts';
import { DEFAULT_VECTOR, type NamedVectors, type Vector } from '../model/vector.ts';
import {
  formatError,
  isAbsent,
  isObject,
  noVariant,
  readEnum,
  readList,
  readObject,
  required,
  wrongType,
} from './fields.ts';
import { parseIds } from './parse-filter.ts';
import { refuseShardKey } from './parse-selectors.ts';
import { parseVector, parseVectorStruct } from './parse-vectors.ts';
import type { UpdateMode, WriteRequest } from './requests.ts';
import type { Violations } from './violations.ts';

/** `{points}` or `{batch}`. */
export function parseUpsert(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'PointInsertOperations');
  const listed = object.points !== undefined;
  if (listed === (object.batch !== undefined)) throw formatError('Invalid PointInsertOperations format');
  refuseShardKey(object);
  refuseConditional(object);
  const points = listed
    ? parseList(required(object, 'points'), violations, parsePoint)
    : violations.within('batch', () => parseColumns(object.batch, violations));
  return { kind: 'upsert', points };
}

/** `{points: [{id, vector}]}` */
export function parseUpdateVectors(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'UpdateVectors');
  refuseShardKey(object);
  refuseConditional(object);
  const points = parseList(required(object, 'points'), violations, (item) => {
    const point = readObject(item, 'PointVectors');
    const id = parsePointId(required(point, 'id'));
    const vectors = readVectors(point, violations);
    if (vectors.size === 0) violations.add('vector', 'must specify vectors to update for point');
    return { id, vectors };
  });
  if (points.length === 0) violations.add('points', 'must specify points to update');
  return { kind: 'updateVectors', points };
}

/** A payload object as the client's bytes. */
export function readPayload(value: BodyValue | undefined): PayloadBytes {
  if (value instanceof RawJson) return value.bytes;
  throw wrongType(value, 'a map');
}

function refuseConditional(object: BodyObject): void {
  if (!isAbsent(object.update_filter)) throw notImplemented('conditional update (`update_filter`)');
  if (isAbsent(object.update_mode)) return;
  const mode = readEnum<UpdateMode>(object.update_mode, ['upsert', 'insert_only', 'update_only']);
  if (mode !== 'upsert') throw notImplemented(`conditional update (\`update_mode\`: \`${mode}\`)`);
}

function parseList<T>(
  value: BodyValue,
  violations: Violations,
  parse: (item: BodyValue, violations: Violations) => T,
): T[] {
  const list = readList(value);
  const out: T[] = new Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const from = violations.count;
    out[i] = parse(list[i]!, violations);
    if (violations.count > from) violations.prefix(from, `points[${i}]`);
  }
  return out;
}

function parsePoint(value: BodyValue, violations: Violations): PointStruct {
  const object = readObject(value, 'PointStruct');
  const id = parsePointId(required(object, 'id'));
  const vectors = readVectors(object, violations);
  const payload = isAbsent(object.payload) ? null : readPayload(object.payload);
  return { id, vectors, payload };
}

function readVectors(object: BodyObject, violations: Violations): NamedVectors {
  const from = violations.count;
  const vectors = parseVectorStruct(required(object, 'vector'), violations);
  if (violations.count > from) violations.prefix(from, 'vector');
  return vectors;
}

/** Columns: `ids`, `vectors` (a list, or lists by name) and `payloads`, all of one length. */
function parseColumns(value: BodyValue | undefined, violations: Violations): PointStruct[] {
  const object = readObject(value, 'Batch');
  const ids = parseIds(required(object, 'ids'));
  const columns = parseVectorColumns(required(object, 'vectors'), violations);
  for (const column of columns.values()) checkLength(ids, column, 'vectors', violations);
  const payloads = isAbsent(object.payloads)
    ? null
    : readList(object.payloads).map((payload) => (payload === null ? null : readPayload(payload)));
  if (payloads !== null) checkLength(ids, payloads, 'payloads', violations);
  return ids.map((id, i) => {
    const vectors: NamedVectors = new Map();
    for (const [name, column] of columns) {
      const vector = column[i];
      if (vector !== undefined) vectors.set(name, vector);
    }
    return { id, vectors, payload: payloads?.[i] ?? null };
  });
}

function checkLength(ids: PointId[], column: unknown[], what: string, violations: Violations): void {
  if (ids.length === column.length) return;
  violations.add('', `number of ids and ${what} must be equal (${ids.length} != ${column.length})`);
}

function parseVectorColumns(value: BodyValue, violations: Violations): Map<string, Vector[]> {
  if (!isObject(value)) return new Map([[DEFAULT_VECTOR, vectorColumn(value, 'vectors', violations)]]);
  return new Map(
    Object.keys(value).map((name) => [name, vectorColumn(value[name], 'vectors.?', violations)]),
  );
}

function vectorColumn(value: BodyValue | undefined, field: string, violations: Violations): Vector[] {
  if (value instanceof Float32Array && value.length > 0) throw noVariant('BatchVectorStruct');
  return readList(value).map((item, i) => {
    const from = violations.count;
    const vector = parseVector(item, violations);
    if (vector === null) throw noVariant('BatchVectorStruct');
    if (violations.count > from) violations.prefix(from, `${field}[${i}]`);
    return vector;
  });
}
