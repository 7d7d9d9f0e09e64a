import { isUtf8 } from 'node:buffer';
import { assert } from '../shared/assert.ts';
import { SextantError } from './errors.ts';
import type { Operation, PointStruct } from './operation.ts';
import { PAYLOAD_INDEX_TYPES, type PayloadIndexSchema, type PayloadIndexType } from './payload-schema.ts';
import { decodePointId, encodePointId, type PointId } from './point-id.ts';
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

/** Says "no payload" where a payload's length stands. */
const NO_PAYLOAD = 0xffffffff;
const SURROGATE = /[\ud800-\udfff]/;
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Compact bytes of `operation`; the result shares nothing with it. */
export function encodeOperation(operation: Operation): Uint8Array {
  const out = new Writer(sizeHint(operation));
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
  const input = new Reader(bytes);
  const version = input.u8();
  if (version !== VERSION) throw malformed(`version ${version} is not known`);
  const kind = KINDS[input.u8()];
  const operation = decodeBody(kind, input);
  input.end();
  return operation;
}

function decodeBody(kind: Operation['kind'] | undefined, input: Reader): Operation {
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
  out: Writer,
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

function readPoints<P>(input: Reader, finish: (id: PointId, vectors: NamedVectors) => P): P[] {
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

function writeIds(out: Writer, ids: readonly PointId[]): void {
  out.u32(ids.length);
  for (const id of ids) out.bytes(encodePointId(id));
}

const readIds = (input: Reader): PointId[] => input.list(() => input.id());

function writeTexts(out: Writer, texts: readonly string[]): void {
  out.u32(texts.length);
  for (const text of texts) out.text(text);
}

const readTexts = (input: Reader): string[] => input.list(() => input.text());

function writePayload(out: Writer, payload: Uint8Array | null): void {
  out.u32(payload === null ? NO_PAYLOAD : payload.length);
  if (payload !== null) out.bytes(payload);
}

const readPayload = (input: Reader): Uint8Array | null => input.sizedOrNone();

function writeSchema(out: Writer, schema: PayloadIndexSchema): void {
  out.text(schema.type);
  out.u8((schema.lookup ? 1 : 0) | (schema.range ? 2 : 0) | (schema.params === null ? 0 : 4));
  if (schema.params !== null) out.text(JSON.stringify(schema.params));
}

function readSchema(input: Reader): PayloadIndexSchema {
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

const malformed = (what: string, cause?: unknown): SextantError =>
  new SextantError('internal', `malformed operation: ${what}`, { cause });

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

class Writer {
  #out: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#out = Buffer.allocUnsafeSlow(size);
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#out[this.#at++] = value;
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#at = this.#out.writeUInt32LE(value, this.#at);
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#out.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  text(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    // Half a surrogate pair has no UTF-8: replay would see another text than the live operation did.
    assert(!SURROGATE.test(text) || bytes.toString('utf8') === text, 'a text is not well-formed Unicode');
    this.u32(bytes.length);
    this.bytes(bytes);
  }

  vector(vector: Float32Array): void {
    this.u32(vector.length);
    if (IS_LITTLE_ENDIAN) {
      this.bytes(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      return;
    }
    this.#reserve(vector.byteLength);
    for (const value of vector) this.#at = this.#out.writeFloatLE(value, this.#at);
  }

  finish(): Uint8Array {
    return new Uint8Array(this.#out.buffer, 0, this.#at);
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#out.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#out.length * 2));
    grown.set(this.#out.subarray(0, this.#at));
    this.#out = grown;
  }
}

/** Every read checks that the bytes are there. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  flag(): boolean {
    const value = this.u8();
    if (value > 1) throw malformed('a flag is wrong');
    return value === 1;
  }

  u32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  /** A number of things that take at least one byte each, so that a wrong count cannot ask for much memory. */
  count(): number {
    const count = this.u32();
    if (count > this.#bytes.length - this.#at) throw malformed('a count is wrong');
    return count;
  }

  list<T>(readOne: () => T): T[] {
    const count = this.count();
    const out: T[] = [];
    for (let i = 0; i < count; i++) out.push(readOne());
    return out;
  }

  id(): PointId {
    const tag = this.u8();
    if (tag > 1) throw malformed('a point id is wrong');
    const at = this.#take(tag === 1 ? 16 : 8);
    return decodePointId(this.#bytes, at - 1);
  }

  sized(): Uint8Array {
    return this.#copy(this.u32());
  }

  sizedOrNone(): Uint8Array | null {
    const length = this.u32();
    return length === NO_PAYLOAD ? null : this.#copy(length);
  }

  text(): string {
    const length = this.u32();
    const at = this.#take(length);
    const bytes = this.#bytes.subarray(at, at + length);
    if (!isUtf8(bytes)) throw malformed('a text is not UTF-8');
    return bytes.toString('utf8');
  }

  vector(): Float32Array {
    const length = this.u32();
    const bytes = this.#copy(length * 4);
    if (IS_LITTLE_ENDIAN) return new Float32Array(bytes.buffer, 0, length);
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length }, (_, i) => view.getFloat32(i * 4, true));
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed('there are bytes behind its end');
  }

  /** Starts at offset 0 of a buffer of its own. */
  #copy(length: number): Uint8Array {
    const at = this.#take(length);
    const out = new Uint8Array(length);
    out.set(this.#bytes.subarray(at, at + length));
    return out;
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw malformed('it ends too early');
    this.#at = at + length;
    return at;
  }
}
