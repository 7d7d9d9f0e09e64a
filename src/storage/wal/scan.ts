import { SextantError } from '../../model/errors.ts';
import { must } from '../../shared/assert.ts';
import { crc32c } from '../../shared/crc32c.ts';
import type { File } from '../files/files.ts';
import {
  FILE_HEADER_BYTES,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
  type RecordHeader,
  readRecordHeader,
  recordHeaderCrc,
} from './format.ts';

const WINDOW_BYTES = 1 << 20;
/** A header with a sequence further ahead is no header: it spares checksums over random bytes. */
const SEQUENCES_AHEAD_MAX = 2 ** 32;

/** Random access to a file through one growing window, so that a scan costs few reads. */
export class FileWindow {
  readonly #file: File;
  /** Bytes from here on are not looked at. */
  readonly end: number;
  #buffer = Buffer.alloc(0);
  #start = 0;
  #length = 0;

  constructor(file: File, end: number) {
    this.#file = file;
    this.end = end;
  }

  /** A view of the bytes at [position, position + length), valid until the next call; shorter at the end of the file. */
  async at(position: number, length: number): Promise<Buffer> {
    const loaded = this.peek(position, length);
    if (loaded !== null) return loaded;
    await this.#load(position, Math.min(Math.max(length, WINDOW_BYTES), this.end - position));
    return must(this.peek(position, length));
  }

  /** As `at`, or null when the bytes have to be read first. */
  peek(position: number, length: number): Buffer | null {
    const wanted = Math.max(0, Math.min(length, this.end - position));
    const from = position - this.#start;
    if (from < 0 || from + wanted > this.#length) return null;
    return this.#buffer.subarray(from, from + wanted);
  }

  async #load(position: number, length: number): Promise<void> {
    if (this.#buffer.length < length) this.#buffer = Buffer.allocUnsafeSlow(length);
    this.#start = position;
    this.#length = 0;
    while (this.#length < length) {
      const into = this.#buffer.subarray(this.#length, length);
      const count = await this.#file.read(into, position + this.#length);
      if (count === 0) throw new SextantError('unavailable', 'a log file became shorter while it was read');
      this.#length += count;
    }
  }
}

/**
 * The record at `position` when it is whole, its checksum is right and it has the sequence `expected`; otherwise null.
 * `record` is a view, valid until the next use of the window; with `check` false it is empty and its checksum not looked at.
 */
export async function recordAt(
  window: FileWindow,
  position: number,
  expected: number,
  check = true,
): Promise<FoundRecord | null> {
  // Mostly no waiting is needed: a log may hold very many small records.
  let found = recordIn(window, position, expected, check);
  while (typeof found === 'number') {
    await window.at(position, found);
    found = recordIn(window, position, expected, check);
  }
  return found;
}

export interface FoundRecord {
  header: RecordHeader;
  record: Buffer;
  next: number;
}

/** As `recordAt`; the number of bytes that must be in the window first when they are not. */
export function recordIn(
  window: FileWindow,
  position: number,
  expected: number,
  check: boolean,
): FoundRecord | null | number {
  const head = window.peek(position, RECORD_HEADER_BYTES);
  if (head === null) return RECORD_HEADER_BYTES;
  if (head.length < RECORD_HEADER_BYTES) return null;
  const header = readRecordHeader(head, 0);
  const whole = RECORD_HEADER_BYTES + header.length;
  const next = position + whole;
  if (header.sequence !== expected || header.length > RECORD_BYTES_MAX || next > window.end) return null;
  if (!check) return { header, record: head.subarray(0, 0), next };
  const bytes = window.peek(position, whole);
  if (bytes === null) return whole;
  const record = bytes.subarray(RECORD_HEADER_BYTES);
  return crc32c(record, recordHeaderCrc(bytes)) === header.crc ? { header, record, next } : null;
}

/** Where the valid prefix of a file ends, and which sequence follows it. */
export async function validPrefix(
  window: FileWindow,
  firstSequence: number,
): Promise<{ end: number; nextSequence: number }> {
  let end = FILE_HEADER_BYTES;
  let nextSequence = firstSequence;
  for (;;) {
    let found = recordIn(window, end, nextSequence, true);
    if (typeof found === 'number') found = await recordAt(window, end, nextSequence);
    if (found === null) return { end, nextSequence };
    end = found.next;
    nextSequence++;
  }
}

/**
 * Looks behind a bad record at `from`, which should have had the sequence `lost`, for a record that was written after the
 * bad one had been on disk: proof that bytes went bad that were once good. Without one the bad bytes are a write that never
 * finished, though some of its later sectors may have arrived.
 */
export async function findProofOfDamage(
  window: FileWindow,
  from: number,
  lost: number,
): Promise<number | null> {
  const last = window.end - RECORD_HEADER_BYTES;
  for (let chunk = from; chunk <= last; chunk += WINDOW_BYTES / 2) {
    // A copy, since checking a candidate moves the window.
    const bytes = Buffer.from(await window.at(chunk, WINDOW_BYTES / 2 + RECORD_HEADER_BYTES - 1));
    const stop = Math.min(WINDOW_BYTES / 2, bytes.length - RECORD_HEADER_BYTES + 1);
    for (let i = 0; i < stop; i++) {
      const { sequence, durable, length } = readRecordHeader(bytes, i);
      const position = chunk + i;
      if (sequence < lost || sequence > lost + SEQUENCES_AHEAD_MAX) continue;
      if (durable < lost || durable >= sequence) continue;
      if (position + RECORD_HEADER_BYTES + length > window.end) continue;
      if ((await recordAt(window, position, sequence)) !== null) return position;
    }
  }
  return null;
}

export const damaged = (path: string, offset: number, what: string): SextantError =>
  new SextantError('unavailable', `the log file ${path} is damaged at byte ${offset}: ${what}`);
