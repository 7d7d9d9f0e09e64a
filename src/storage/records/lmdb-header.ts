/**
 * LMDB maps its file: a file that is cut short would end the process with a bus error, not with an exception. So the
 * header is looked at before it is opened. Layout of data format 2 on 64-bit little-endian machines.
 */
export const LMDB_HEADER_BYTES = 2 * 65536 + 256;

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_HEADER_BYTES = 24;
const PAGE_BYTES_MIN = 256;
const META_BYTES = 24 + 2 * 48 + 24;

interface Meta {
  pageBytes: number;
  lastPage: bigint;
  transaction: bigint;
}

/** What is wrong with the file that begins with `header` and has `size` bytes; null when nothing is. */
export function checkLmdbHeader(header: Buffer, size: number): string | null {
  if (size === 0) return null;
  const first = readMeta(header, 0);
  if (first === null) return 'its first header page is not one of LMDB';
  const second = readMeta(header, first.pageBytes);
  if (second === null) return 'its second header page is not one of LMDB';
  const { lastPage, pageBytes } = first.transaction >= second.transaction ? first : second;
  const expected = (lastPage + 1n) * BigInt(pageBytes);
  if (BigInt(size) < expected) return `it has ${size} bytes and should have ${expected}`;
  return null;
}

function readMeta(header: Buffer, at: number): Meta | null {
  const meta = header.subarray(at + PAGE_HEADER_BYTES);
  if (meta.length < META_BYTES) return null;
  if (meta.readUInt32LE(0) !== MAGIC || (meta.readUInt32LE(4) & 0xffff) !== DATA_VERSION) return null;
  const pageBytes = meta.readUInt32LE(24);
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > 65536 || (pageBytes & (pageBytes - 1)) !== 0) return null;
  return { pageBytes, lastPage: meta.readBigUInt64LE(120), transaction: meta.readBigUInt64LE(128) };
}
