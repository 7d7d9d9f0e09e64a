import { createHash } from 'node:crypto';
import { crc32c } from '../../src/shared/crc32c.ts';

/** Readers written from docs/FORMATS.md alone; they share no code with the ones in `src/`, the checksum apart. */
export type Entries = ReadonlyMap<string, Buffer>;

/** The batches of a `records.log`, applied: values by the hex text of their key. */
export function readRecordsLog(bytes: Buffer): Map<string, Buffer> {
  if (bytes.toString('latin1', 0, 8) !== 'SXTREC\r\n') throw new Error('the magic is wrong');
  if (bytes.readUInt32LE(8) !== 1) throw new Error('the version is wrong');
  if (bytes.readUInt32LE(12) !== crc32c(bytes.subarray(0, 12))) throw new Error('the header CRC is wrong');
  const entries = new Map<string, Buffer>();
  for (let at = 16; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    const end = at + 16 + length;
    const crc = crc32c(bytes.subarray(at + 8, end), crc32c(bytes.subarray(at, at + 4)));
    if (bytes.readUInt32LE(at + 4) !== crc) throw new Error('a batch CRC is wrong');
    at += 16;
    while (at < end) {
      const key = bytes.subarray(at + 6, at + 6 + bytes.readUInt16LE(at)).toString('hex');
      const size = bytes.readUInt32LE(at + 2);
      at += 6 + bytes.readUInt16LE(at);
      if (size === 0xffffffff) entries.delete(key);
      else entries.set(key, bytes.subarray(at, at + size));
      at += size === 0xffffffff ? 0 : size;
    }
  }
  return entries;
}

/** Sequences and operation kinds of a log file. */
export function readLogFile(bytes: Buffer): { sequence: number; version: number; kind: number }[] {
  if (bytes.toString('latin1', 0, 8) !== 'SXTWAL\r\n') throw new Error('the magic is wrong');
  if (bytes.readUInt32LE(28) !== crc32c(bytes.subarray(0, 28))) throw new Error('the header CRC is wrong');
  const records: { sequence: number; version: number; kind: number }[] = [];
  for (let at = 32; at < bytes.length; ) {
    const end = at + 24 + bytes.readUInt32LE(at);
    const crc = crc32c(bytes.subarray(at + 8, end), crc32c(bytes.subarray(at, at + 4)));
    if (bytes.readUInt32LE(at + 4) !== crc) throw new Error('a record CRC is wrong');
    records.push({
      sequence: Number(bytes.readBigUInt64LE(at + 8)),
      version: bytes[at + 24]!,
      kind: bytes[at + 25]!,
    });
    at = end;
  }
  return records;
}

const hex = (parts: readonly (string | Buffer)[]): string =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part))).toString('hex');

export function u16(value: number): Buffer {
  const out = Buffer.alloc(2);
  out.writeUInt16BE(value);
  return out;
}

export function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

export const stateKey = hex(['s']);
/** `high` and `low` are the halves of the number. */
export const numberKey = (high: number, low: number): string => hex(['i', Buffer.of(0), u32(high), u32(low)]);
export const uuidKey = (uuid: string): string =>
  hex(['i', Buffer.of(1), Buffer.from(uuid.replaceAll('-', ''), 'hex')]);
export const rowKey = (segment: number, slot: number): string => hex(['p', u16(segment), u32(slot)]);
export const bitmapKey = (segment: number, name: string, block: number): string =>
  hex(['b', u16(segment), name, Buffer.of(0), u32(block)]);
export const indexKey = (segment: number, path: string, block: number): string =>
  hex(['f', u16(segment), createHash('sha256').update(path).digest().subarray(0, 8), u32(block)]);

/** Slots of a bitmap's block 0. */
export function slotsOf(words: Buffer): number[] {
  const slots: number[] = [];
  for (let slot = 0; slot < words.length * 8; slot++) {
    if ((words.readUInt32LE((slot >> 5) * 4) >>> (slot & 31)) & 1) slots.push(slot);
  }
  return slots;
}

/** The numbers of a packed column at `at`, and where it ends. */
export function packedColumn(bytes: Buffer, at: number, count: number): { values: number[]; end: number } {
  const width = bytes[at]!;
  const base = width === 8 ? 0 : bytes.readDoubleLE(at + 1);
  const from = width === 8 ? at + 1 : at + 9;
  const values = Array.from({ length: count }, (_, i) => {
    if (width === 0) return base;
    return width === 8 ? bytes.readDoubleLE(from + i * 8) : base + bytes.readUIntLE(from + i * width, width);
  });
  return { values, end: from + count * width };
}

/** Texts of each slot of a payload index block of kind 1 whose slots have one text each. */
export function keywordBlock(bytes: Buffer): string[] {
  if (bytes.readUInt32LE(bytes.length - 4) !== crc32c(bytes.subarray(0, -4)))
    throw new Error('the CRC is wrong');
  if (bytes[0] !== 1 || bytes[1] !== 1) throw new Error('version or kind is wrong');
  const used = bytes.readUInt16LE(2);
  const flags = packedColumn(bytes, 4, used);
  const counts = packedColumn(bytes, flags.end, used);
  if (bytes[counts.end] !== 0) throw new Error('some slot has several values');
  const texts = bytes.readUInt32LE(counts.end + 1);
  const heads = packedColumn(bytes, counts.end + 5, texts);
  let at = heads.end;
  const dictionary = heads.values.map((head) => {
    const wide = head % 2 === 1;
    const size = wide ? head - 1 : head / 2;
    at += size;
    return bytes.toString(wide ? 'utf16le' : 'latin1', at - size, at);
  });
  const values = flags.values.filter((flag) => (flag & 16) !== 0).length;
  return packedColumn(bytes, at, values).values.map((position) => dictionary[position]!);
}

/** The level of a slot in the graph. */
export function levelOf(slot: number, m: number): number {
  const mask = (1n << 64n) - 1n;
  let z = (BigInt(slot) + 0x9e3779b97f4a7c15n) & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  z ^= z >> 31n;
  let level = 0;
  while (level < 12 && z < (1n << 64n) / BigInt(m) ** BigInt(level + 1)) level++;
  return level;
}
