import { crc32c } from '../../shared/crc32c.ts';

/** The bytes of the in-memory version's file; docs/FORMATS.md is the specification. All numbers are little endian. */
export const HEADER_BYTES = 16;
const BATCH_HEADER_BYTES = 16;
const MAGIC = Buffer.from('SXTREC\r\n', 'latin1');
const VERSION = 1;
/** Says "removed" where a value's length stands. */
const REMOVED = 0xffffffff;

type Change = readonly [key: Uint8Array, value: Uint8Array | null];

export function encodeHeader(): Buffer {
  const out = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(out, 0);
  out.writeUInt32LE(VERSION, 8);
  out.writeUInt32LE(crc32c(out.subarray(0, 12)), 12);
  return out;
}

/** What is wrong with the header that `content` should begin with; null when nothing is. */
export function headerFault(content: Buffer): string | null {
  if (content.length < HEADER_BYTES) return 'the file header is incomplete';
  if (MAGIC.compare(content, 0, 8) !== 0) return 'this is not a records file';
  if (content.readUInt32LE(12) !== crc32c(content.subarray(0, 12))) return 'the file header is damaged';
  if (content.readUInt32LE(8) !== VERSION) return `format version ${content.readUInt32LE(8)} is not known`;
  return null;
}

/** `number` rises by one with each batch. */
export function encodeBatch(number: number, changes: readonly Change[]): Buffer {
  let size = BATCH_HEADER_BYTES;
  for (const [key, value] of changes) size += 6 + key.length + (value?.length ?? 0);
  const out = Buffer.allocUnsafe(size);
  out.writeUInt32LE(size - BATCH_HEADER_BYTES, 0);
  out.writeBigUInt64LE(BigInt(number), 8);
  let at = BATCH_HEADER_BYTES;
  for (const [key, value] of changes) {
    at = out.writeUInt16LE(key.length, at);
    at = out.writeUInt32LE(value === null ? REMOVED : value.length, at);
    out.set(key, at);
    at += key.length;
    if (value !== null) out.set(value, at);
    at += value?.length ?? 0;
  }
  out.writeUInt32LE(batchCrc(out), 4);
  return out;
}

/** The batch at `at`, when it is whole and its checksum is right; its keys and values are views. */
export function batchAt(
  content: Buffer,
  at: number,
): { number: number; changes: Change[]; next: number } | null {
  if (at + BATCH_HEADER_BYTES > content.length) return null;
  const next = at + BATCH_HEADER_BYTES + content.readUInt32LE(at);
  if (next > content.length) return null;
  const whole = content.subarray(at, next);
  if (batchCrc(whole) !== whole.readUInt32LE(4)) return null;
  const changes: Change[] = [];
  for (let i = BATCH_HEADER_BYTES; i < whole.length; ) {
    const keyEnd = i + 6 + whole.readUInt16LE(i);
    const length = whole.readUInt32LE(i + 2);
    const valueEnd = length === REMOVED ? keyEnd : keyEnd + length;
    changes.push([
      whole.subarray(i + 6, keyEnd),
      length === REMOVED ? null : whole.subarray(keyEnd, valueEnd),
    ]);
    i = valueEnd;
  }
  return { number: Number(whole.readBigUInt64LE(8)), changes, next };
}

const batchCrc = (batch: Buffer): number => crc32c(batch.subarray(8), crc32c(batch.subarray(0, 4)));
