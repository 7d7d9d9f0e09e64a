import type { Operation, PointStruct } from './operation.ts';
import { malformed, NO_PAYLOAD, OperationReader, OperationWriter } from './operation-bytes.ts';
import { PAYLOAD_INDEX_TYPES, type PayloadIndexSchema, type PayloadIndexType } from './payload-schema.ts';
import { encodePointId, type PointId } from './point-id.ts';
import type { NamedVectors } from './vector.ts';

/** The bytes of an operation as the log holds them; docs/FORMATS.md is the specification. */
const VERSION = 1;

/** Position in this list is the number on disk: append only. */
const KINDS: readonly Operation['kind'][] = [
  'upsert',
  'delete',
  'updateVectors',
  'deleteVectors',
  'setPayload',
  'overwritePayload',
  'deletePayload',
  'clearPayload',
  'createIndex',
  'deleteIndex',
];

/** Compact bytes of `operation`; the result shares nothing with it. */
export function encodeOperation(operation: Operation): Uint8Array {
  const out = new OperationWriter(sizeHint(operation));
  out.u8(VERSION);
  out.u8(KINDS.indexOf(operation.kind));
  switch (operation.kind) {
    case 'upsert':
      writePoints(out, operation.points, (point) => writePayload(out, point.payload));
      break;
    case 'updateVectors':
      writePoints(out, operation.points, () => {});
      break;
    case 'delete':
    case 'clearPayload':
      writeIds(out, operation.ids);
      break;
    case 'deleteVectors':
      writeIds(out, operation.ids);
      writeTexts(out, operation.names);
      break;
    case 'setPayload':
      writeIds(out, operation.ids);
      out.u8(operation.path === null ? 0 : 1);
      if (operation.path !== null) out.text(operation.path);
      writePayload(out, operation.payload);
      break;
    case 'overwritePayload':
      writeIds(out, operation.ids);
      writePayload(out, operation.payload);
      break;
    case 'deletePayload':
      writeIds(out, operation.ids);
      writeTexts(out, operation.keys);
      break;
    case 'createIndex':
      out.text(operation.path);
      writeSchema(out, operation.schema);
      break;
    case 'deleteIndex':
      out.text(operation.path);
      break;
  }
  return out.finish();
}

/**
 * The inverse of `encodeOperation`. Vectors and payloads are copies, aligned for typed arrays. Throws kind `internal` when the bytes
 * are not exactly one operation, whatever they are.
 */
export function decodeOperation(bytes: Uint8Array): Operation {
  const input = new OperationReader(bytes);
  const version = input.u8();
  if (version !== VERSION) throw malformed(`version ${version} is not known`);
  const kind = KINDS[input.u8()];
  const operation = decodeBody(kind, input);
  input.end();
  return operation;
}

function decodeBody(kind: Operation['kind'] | undefined, input: OperationReader): Operation {
  switch (kind) {
    case 'upsert':
      return {
        kind,
        points: readPoints(
          input,
          (id, vectors): PointStruct => ({ id, vectors, payload: readPayload(input) }),
        ),
      };
    case 'updateVectors':
      return { kind, points: readPoints(input, (id, vectors) => ({ id, vectors })) };
    case 'delete':
    case 'clearPayload':
      return { kind, ids: readIds(input) };
    case 'deleteVectors':
      return { kind, ids: readIds(input), names: readTexts(input) };
    case 'setPayload': {
      const ids = readIds(input);
      const path = input.flag() ? input.text() : null;
      return { kind, ids, path, payload: input.sized() };
    }
    case 'overwritePayload':
      return { kind, ids: readIds(input), payload: input.sized() };
    case 'deletePayload':
      return { kind, ids: readIds(input), keys: readTexts(input) };
    case 'createIndex':
      return { kind, path: input.text(), schema: readSchema(input) };
    case 'deleteIndex':
      return { kind, path: input.text() };
    case undefined:
      throw malformed('the kind is not known');
  }
}

/** Vector names stand once, in front; a point refers to them by position. */
function writePoints<P extends { id: PointId; vectors: NamedVectors }>(
  out: OperationWriter,
  points: readonly P[],
  writeRest: (point: P) => void,
): void {
  const names = new Map<string, number>();
  for (const point of points) {
    for (const name of point.vectors.keys()) if (!names.has(name)) names.set(name, names.size);
  }
  writeTexts(out, [...names.keys()]);
  out.u32(points.length);
  for (const point of points) {
    out.bytes(encodePointId(point.id));
    out.u32(point.vectors.size);
    for (const [name, vector] of point.vectors) {
      out.u32(names.get(name)!);
      out.vector(vector);
    }
    writeRest(point);
  }
}

function readPoints<P>(input: OperationReader, finish: (id: PointId, vectors: NamedVectors) => P): P[] {
  const names = readTexts(input);
  return input.list(() => {
    const id = input.id();
    const vectors: NamedVectors = new Map();
    const count = input.count();
    for (let i = 0; i < count; i++) {
      const name = names[input.u32()];
      if (name === undefined || vectors.has(name)) throw malformed('a vector name is wrong');
      vectors.set(name, input.vector());
    }
    return finish(id, vectors);
  });
}

function writeIds(out: OperationWriter, ids: readonly PointId[]): void {
  out.u32(ids.length);
  for (const id of ids) out.bytes(encodePointId(id));
}

const readIds = (input: OperationReader): PointId[] => input.list(() => input.id());

function writeTexts(out: OperationWriter, texts: readonly string[]): void {
  out.u32(texts.length);
  for (const text of texts) out.text(text);
}

const readTexts = (input: OperationReader): string[] => input.list(() => input.text());

function writePayload(out: OperationWriter, payload: Uint8Array | null): void {
  out.u32(payload === null ? NO_PAYLOAD : payload.length);
  if (payload !== null) out.bytes(payload);
}

const readPayload = (input: OperationReader): Uint8Array | null => input.sizedOrNone();

function writeSchema(out: OperationWriter, schema: PayloadIndexSchema): void {
  out.text(schema.type);
  out.u8((schema.lookup ? 1 : 0) | (schema.range ? 2 : 0) | (schema.params === null ? 0 : 4));
  if (schema.params !== null) out.text(JSON.stringify(schema.params));
}

function readSchema(input: OperationReader): PayloadIndexSchema {
  const type = input.text() as PayloadIndexType;
  if (!PAYLOAD_INDEX_TYPES.includes(type)) throw malformed('the payload index type is not known');
  const flags = input.u8();
  if (flags > 7) throw malformed('a flag is wrong');
  const params = flags & 4 ? parseParams(input.text()) : null;
  return { type, params, lookup: (flags & 1) !== 0, range: (flags & 2) !== 0 };
}

function parseParams(text: string): Record<string, unknown> {
  let params: unknown;
  try {
    params = JSON.parse(text);
  } catch (error) {
    throw malformed('the index parameters are not JSON', error);
  }
  if (typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw malformed('the index parameters are not an object');
  }
  return params as Record<string, unknown>;
}

/** Near the encoded size, so that the writer rarely grows. */
function sizeHint(operation: Operation): number {
  let size = 64;
  if (operation.kind === 'upsert' || operation.kind === 'updateVectors') {
    for (const point of operation.points) {
      size += 32;
      for (const vector of point.vectors.values()) size += 8 + vector.byteLength;
      if ('payload' in point && point.payload !== null) size += point.payload.length;
    }
    return size;
  }
  if ('ids' in operation) size += operation.ids.length * 17;
  if ('payload' in operation) size += operation.payload.length;
  return size;
}
