import { notImplemented } from '../model/errors.ts';
import { type BodyObject, type BodyValue, RawJson } from '../model/json.ts';
import type { PayloadBytes, PointStruct } from '../model/operation.ts';
import { type PointId, parsePointId } from '../model/point-id.ts';
import { DEFAULT_VECTOR, type NamedVectors, type Vector } from '../model/vector.ts';
import type { Steps } from '../shared/steps.ts';
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
import { refuseShardKey } from './parse-selectors.ts';
import { parseVector, parseVectorStruct } from './parse-vectors.ts';
import type { UpdateMode, WriteRequest } from './requests.ts';
import type { Violations } from './violations.ts';

/** `{points}` or `{batch}`. */
export function* parseUpsert(value: BodyValue, violations: Violations): Steps<WriteRequest> {
  const object = readObject(value, 'PointInsertOperations');
  const listed = object.points !== undefined;
  if (listed === (object.batch !== undefined)) throw formatError('Invalid PointInsertOperations format');
  refuseShardKey(object);
  refuseConditional(object);
  if (listed) {
    return { kind: 'upsert', points: yield* parseList(object.points, 'points', violations, parsePoint) };
  }
  const from = violations.count;
  const points = yield* parseColumns(object.batch, violations);
  violations.prefix(from, 'batch');
  return { kind: 'upsert', points };
}

/** `{points: [{id, vector}]}` */
export function* parseUpdateVectors(value: BodyValue, violations: Violations): Steps<WriteRequest> {
  const object = readObject(value, 'UpdateVectors');
  refuseShardKey(object);
  refuseConditional(object);
  const points = yield* parseList(required(object, 'points'), 'points', violations, parsePointVectors);
  if (points.length === 0) violations.add('points', 'must specify points to update');
  return { kind: 'updateVectors', points };
}

function parsePointVectors(value: BodyValue, violations: Violations): { id: PointId; vectors: NamedVectors } {
  const point = readObject(value, 'PointVectors');
  const id = parsePointId(required(point, 'id'));
  const vectors = readVectors(point, violations);
  if (vectors.size === 0) violations.add('vector', 'must specify vectors to update for point');
  return { id, vectors };
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

/** Items per step: at most some milliseconds of work. */
const STEP_ITEMS = 1000;

/** A list under `field`, each item by `parse`. */
function* parseList<T>(
  value: BodyValue | undefined,
  field: string,
  violations: Violations,
  parse: (item: BodyValue, violations: Violations) => T,
): Steps<T[]> {
  const list = readList(value);
  const out: T[] = [];
  for (let i = 0; i < list.length; i++) {
    const from = violations.count;
    out.push(parse(list[i]!, violations));
    if (violations.count > from) violations.prefix(from, `${field}[${i}]`);
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield;
  }
  return out;
}

function parsePoint(value: BodyValue, violations: Violations): PointStruct {
  const object = readObject(value, 'PointStruct');
  const id = parsePointId(required(object, 'id'));
  const vectors = readVectors(object, violations);
  const payload = readOptionalPayload(object.payload);
  return { id, vectors, payload };
}

function readVectors(object: BodyObject, violations: Violations): NamedVectors {
  const from = violations.count;
  const vectors = parseVectorStruct(required(object, 'vector'), violations);
  if (violations.count > from) violations.prefix(from, 'vector');
  return vectors;
}

/** Columns: `ids`, `vectors` (a list, or lists by name) and `payloads`, all of one length. */
function* parseColumns(value: BodyValue | undefined, violations: Violations): Steps<PointStruct[]> {
  const object = readObject(value, 'Batch');
  const ids = yield* parseList(required(object, 'ids'), 'ids', violations, parsePointId);
  const columns = yield* parseVectorColumns(required(object, 'vectors'), violations);
  for (const column of columns.values()) checkLength(ids, column, 'vectors', violations);
  const payloads = isAbsent(object.payloads)
    ? null
    : yield* parseList(object.payloads, 'payloads', violations, readOptionalPayload);
  if (payloads !== null) checkLength(ids, payloads, 'payloads', violations);
  const points: PointStruct[] = [];
  for (let i = 0; i < ids.length; i++) {
    const vectors: NamedVectors = new Map();
    for (const [name, column] of columns) {
      const vector = column[i];
      if (vector !== undefined) vectors.set(name, vector);
    }
    points.push({ id: ids[i]!, vectors, payload: payloads?.[i] ?? null });
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield;
  }
  return points;
}

const readOptionalPayload = (value: BodyValue | undefined): PayloadBytes | null =>
  isAbsent(value) ? null : readPayload(value);

function checkLength(ids: PointId[], column: unknown[], what: string, violations: Violations): void {
  if (ids.length === column.length) return;
  violations.add('', `number of ids and ${what} must be equal (${ids.length} != ${column.length})`);
}

function* parseVectorColumns(value: BodyValue, violations: Violations): Steps<Map<string, Vector[]>> {
  const columns = new Map<string, Vector[]>();
  if (!isObject(value)) return columns.set(DEFAULT_VECTOR, yield* vectorColumn(value, 'vectors', violations));
  for (const name of Object.keys(value)) {
    columns.set(name, yield* vectorColumn(value[name], 'vectors.?', violations));
  }
  return columns;
}

function vectorColumn(value: BodyValue | undefined, field: string, violations: Violations): Steps<Vector[]> {
  if (value instanceof Float32Array && value.length > 0) throw noVariant('BatchVectorStruct');
  return parseList(value, field, violations, (item) => {
    const vector = parseVector(item, violations);
    if (vector === null) throw noVariant('BatchVectorStruct');
    return vector;
  });
}
