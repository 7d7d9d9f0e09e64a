import { SextantError } from './errors.ts';

/**
 * The id the client gave. A u64 is a `number` up to 2^53-1 and a `bigint` above (never the other way round, so that
 * equal ids are equal Map keys); a UUID is its lower-case hyphenated text.
 */
export type PointId = number | bigint | string;

const U64_MAX = (1n << 64n) - 1n;
const HEX32 = /^[0-9a-f]{32}$/;

const reject = (text: string): SextantError =>
  new SextantError(
    'jsonFormat',
    `value ${text} is not a valid point ID, valid values are either an unsigned integer or a UUID`,
  );

/** Accepts a JSON value: an unsigned integer, or a UUID in hyphenated, simple, urn or braced form. */
export function parsePointId(value: unknown): PointId {
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) return value;
    throw reject(String(value));
  }
  if (typeof value === 'bigint') {
    if (value < 0n || value > U64_MAX) throw reject(String(value));
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }
  if (typeof value === 'string') {
    const uuid = canonicalUuid(value);
    if (uuid !== null) return uuid;
    throw reject(value.slice(0, 100));
  }
  throw reject(typeof value === 'object' ? (value === null ? 'null' : 'object') : String(value));
}

/** Accepts an id as it stands in a path: digits or a UUID. Returns null when it is neither. */
export function parsePointIdText(text: string): PointId | null {
  if (/^\d{1,20}$/.test(text)) {
    const value = BigInt(text);
    if (value > U64_MAX) return null;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }
  return canonicalUuid(text);
}

/** Lower-case hyphenated form, or null when `text` is no UUID. */
export function canonicalUuid(text: string): string | null {
  if (text.length < 32 || text.length > 45) return null;
  let hex = text.toLowerCase();
  if (hex.startsWith('urn:uuid:')) hex = hex.slice(9);
  else if (hex.startsWith('{') && hex.endsWith('}')) hex = hex.slice(1, -1);
  if (hex.length === 36) {
    if (hex[8] !== '-' || hex[13] !== '-' || hex[18] !== '-' || hex[23] !== '-') return null;
    hex = hex.replaceAll('-', '');
  }
  if (!HEX32.test(hex)) return null;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** JSON text of the id. */
export const formatPointId = (id: PointId): string => (typeof id === 'string' ? `"${id}"` : String(id));

/** All numbers before all UUIDs, each ascending: the order of scroll. */
export function comparePointIds(a: PointId, b: PointId): number {
  if (typeof a === 'string') return typeof b === 'string' ? (a < b ? -1 : a > b ? 1 : 0) : 1;
  if (typeof b === 'string') return -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** 9 bytes (0, u64 big endian) or 17 (1, uuid); `memcmp` order of the bytes equals `comparePointIds`. */
export function encodePointId(id: PointId): Buffer {
  if (typeof id === 'string') {
    const out = Buffer.allocUnsafe(17);
    out[0] = 1;
    out.write(id.replaceAll('-', ''), 1, 'hex');
    return out;
  }
  const out = Buffer.allocUnsafe(9);
  out[0] = 0;
  if (typeof id === 'number') {
    out.writeUInt32BE(Math.floor(id / 0x100000000), 1);
    out.writeUInt32BE(id >>> 0, 5);
  } else {
    out.writeBigUInt64BE(id, 1);
  }
  return out;
}

/** The inverse of `encodePointId`, reading at `at`. */
export function decodePointId(bytes: Uint8Array, at = 0): PointId {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view[at] === 1) return canonicalUuid(view.toString('hex', at + 1, at + 17))!;
  const high = view.readUInt32BE(at + 1);
  const low = view.readUInt32BE(at + 5);
  return high < 0x200000 ? high * 0x100000000 + low : (BigInt(high) << 32n) | BigInt(low);
}

/** Length in bytes of the encoded id that starts at `at`. */
export const encodedPointIdLength = (bytes: Uint8Array, at = 0): number => (bytes[at] === 1 ? 17 : 9);
