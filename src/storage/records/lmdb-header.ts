/**
 * LMDB maps its file: reading pages that are not there ends the process with a bus error, not with an exception. So the
 * header is looked at before the file is opened. Layout of data format 2 on 64-bit little-endian machines: two header
 * pages, of which the one with the higher transaction counts.
 */
export const LMDB_HEADER_BYTES = 2 * 65536;

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const PAGE_HEADER_BYTES = 24;
const PAGE_BYTES_MIN = 256;
const META_BYTES = 144;
/** Where the free list's and the data's tree are described; each begins with u32, u16, u16 and three page counts. */
const TREES_AT = [24, 72] as const;
const LAST_PAGE_AT = 120;
const TRANSACTION_AT = 128;

export type HeaderVerdict =
  /** A creation that never came to its first commit: there is nothing in it, and it cannot be opened. */
  | { kind: 'neverCommitted' }
  | { kind: 'damaged'; fault: string }
  /** `bytes` is how long the file must be for every page to be there. A sound file may be shorter, by free pages at its end. */
  | { kind: 'sound'; bytes: number };

/** Judges the file that begins with `header` (its first `LMDB_HEADER_BYTES`, or all of it) and has `size` bytes. */
export function judgeLmdbHeader(header: Buffer, size: number): HeaderVerdict {
  if (header.every((byte) => byte === 0)) return { kind: 'neverCommitted' };
  const first = readMeta(header, 0);
  if (first === null) return damaged('its first header page is not one of LMDB');
  if (size <= 2 * first.pageBytes) return { kind: 'neverCommitted' };
  const second = readMeta(header, first.pageBytes);
  if (second === null) return damaged('its second header page is not one of LMDB');
  const { pages, freePages, pageBytes } = first.transaction >= second.transaction ? first : second;
  const missing = pages - Math.floor(size / pageBytes);
  if (freePages < 0 || missing > freePages) {
    return damaged(`it has ${size} bytes, its header tells of ${pages * pageBytes}`);
  }
  return { kind: 'sound', bytes: pages * pageBytes };
}

const damaged = (fault: string): HeaderVerdict => ({ kind: 'damaged', fault });

interface Meta {
  pageBytes: number;
  transaction: bigint;
  /** All pages that the file has or may have, and how many of them hold nothing. */
  pages: number;
  freePages: number;
}

function readMeta(header: Buffer, at: number): Meta | null {
  const meta = header.subarray(at + PAGE_HEADER_BYTES);
  if (meta.length < META_BYTES) return null;
  if (meta.readUInt32LE(0) !== MAGIC || (meta.readUInt32LE(4) & 0xffff) !== DATA_VERSION) return null;
  const pageBytes = meta.readUInt32LE(TREES_AT[0]);
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > 65536 || (pageBytes & (pageBytes - 1)) !== 0) return null;
  const pages = Number(meta.readBigUInt64LE(LAST_PAGE_AT)) + 1;
  let used = 2;
  for (const tree of TREES_AT) {
    for (let count = 0; count < 3; count++) used += Number(meta.readBigUInt64LE(tree + 8 + count * 8));
  }
  return { pageBytes, transaction: meta.readBigUInt64LE(TRANSACTION_AT), pages, freePages: pages - used };
}
