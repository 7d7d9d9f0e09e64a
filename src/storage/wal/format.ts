import { crc32c } from '../../shared/crc32c.ts';

/** The bytes of log files; docs/FORMATS.md is the specification. All numbers are little endian. */
export const FILE_HEADER_BYTES = 32;
export const RECORD_HEADER_BYTES = 24;
/** Most bytes of one record's payload. */
export const RECORD_BYTES_MAX = 2 ** 30;

const MAGIC = Buffer.from('SXTWAL\r\n', 'latin1');
const VERSION = 1;

const NAME = /^(\d{20})\.wal$/;

/** The file's name says the sequence of its first record. */
export const fileName = (firstSequence: number): string => `${String(firstSequence).padStart(20, '0')}.wal`;

/** First sequence of a log file's name; null when the name is not one of a log file. */
export function parseFileName(name: string): number | null {
  const match = NAME.exec(name);
  const sequence = match === null ? 0 : Number(match[1]);
  return Number.isSafeInteger(sequence) && sequence > 0 ? sequence : null;
}

export function encodeFileHeader(firstSequence: number): Buffer {
  const out = Buffer.alloc(FILE_HEADER_BYTES);
  MAGIC.copy(out, 0);
  out.writeUInt32LE(VERSION, 8);
  writeU64(out, firstSequence, 16);
  out.writeUInt32LE(crc32c(out.subarray(0, 28)), 28);
  return out;
}

/** What is wrong with the header of the file that should begin with `firstSequence`; null when nothing is. */
export function fileHeaderFault(header: Uint8Array, firstSequence: number): string | null {
  if (header.length < FILE_HEADER_BYTES) return 'the file header is incomplete';
  const bytes = Buffer.from(header.buffer, header.byteOffset, FILE_HEADER_BYTES);
  if (MAGIC.compare(bytes, 0, 8) !== 0) return 'this is not a log file';
  if (bytes.readUInt32LE(28) !== crc32c(bytes.subarray(0, 28))) return 'the file header is damaged';
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) return `format version ${version} is not known`;
  if (readU64(bytes, 16) !== firstSequence) return 'the file header belongs to another file';
  return null;
}

export interface RecordHeader {
  length: number;
  crc: number;
  sequence: number;
  /** Everything up to here was on disk before this record was written. */
  durable: number;
}

/** Writes the header of a record at `at`; the checksum comes later, by `writeRecordCrc`. */
export function writeRecordHeader(out: Buffer, at: number, header: Omit<RecordHeader, 'crc'>): void {
  out.writeUInt32LE(header.length, at);
  writeU64(out, header.sequence, at + 8);
  writeU64(out, header.durable, at + 16);
}

export function readRecordHeader(bytes: Buffer, at: number): RecordHeader {
  return {
    length: bytes.readUInt32LE(at),
    crc: bytes.readUInt32LE(at + 4),
    sequence: readU64(bytes, at + 8),
    durable: readU64(bytes, at + 16),
  };
}

/** Checksum of all of a record but the checksum: `header` is its 24 bytes. */
export function recordHeaderCrc(header: Uint8Array): number {
  return crc32c(header.subarray(8, RECORD_HEADER_BYTES), crc32c(header.subarray(0, 4)));
}

export function writeU64(out: Buffer, value: number, at: number): void {
  out.writeUInt32LE(value >>> 0, at);
  out.writeUInt32LE(Math.floor(value / 0x100000000), at + 4);
}

/** Exact up to 2^53 - 1; a larger number comes out inexact, still larger than any sequence. */
export const readU64 = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at + 4) * 0x100000000 + bytes.readUInt32LE(at);
