import { formatPointId, type PointId } from '../../model/point-id.ts';
import { F32_BYTES_MAX, writeF32 } from './write-f32.ts';

/** Small enough to come out of Node's pool of buffers, large enough for a common page of hits. */
const FIRST_BYTES = 4000;
const CHUNK_BYTES = 256 * 1024;
const ZERO = 48;
const QUOTE = 34;

/** Literals of JSON punctuation and keys, made once at load. */
export const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Assembles a reply in chunks: no string of the whole is ever made, stored JSON is copied in as it is. */
export class JsonWriter {
  readonly #full: Buffer[] = [];
  #chunk: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  #at = 0;
  #fullBytes = 0;

  /** Bytes written so far. */
  get length(): number {
    return this.#fullBytes + this.#at;
  }

  /** The chunks, in order; the writer is used up. */
  finish(): Buffer[] {
    this.#full.push(this.#chunk.subarray(0, this.#at));
    return this.#full;
  }

  literal(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const chunk = this.#chunk;
    let at = this.#at;
    for (let i = 0; i < bytes.length; i++) chunk[at++] = bytes[i]!;
    this.#at = at;
  }

  byte(code: number): void {
    this.#reserve(1);
    this.#chunk[this.#at++] = code;
  }

  /** Stored JSON, spliced in. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#chunk.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Text that is JSON already and short. */
  raw(text: string): void {
    this.#reserve(text.length * 3);
    this.#at += this.#chunk.write(text, this.#at, 'utf8');
  }

  /** A JSON string. */
  string(text: string): void {
    this.raw(JSON.stringify(text));
  }

  /** A whole number from 0 on. */
  uint(value: number): void {
    if (value > 0x7fffffff) {
      this.raw(String(value));
      return;
    }
    this.#reserve(10);
    let length = 1;
    for (let limit = 10; length < 10 && value >= limit; limit *= 10) length++;
    let rest = value;
    for (let i = this.#at + length - 1; i >= this.#at; i--) {
      const next = Math.floor(rest / 10);
      this.#chunk[i] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.#at += length;
  }

  id(id: PointId): void {
    if (typeof id === 'number') this.uint(id);
    else if (typeof id === 'bigint') this.raw(formatPointId(id));
    else {
      this.#reserve(id.length + 2);
      this.#chunk[this.#at++] = QUOTE;
      for (let i = 0; i < id.length; i++) this.#chunk[this.#at++] = id.charCodeAt(i);
      this.#chunk[this.#at++] = QUOTE;
    }
  }

  f32(value: number): void {
    this.#reserve(F32_BYTES_MAX);
    this.#at = writeF32(this.#chunk, this.#at, Math.fround(value));
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#chunk.length) return;
    if (this.#at > 0) {
      this.#full.push(this.#chunk.subarray(0, this.#at));
      this.#fullBytes += this.#at;
    }
    const wanted = this.#fullBytes === 0 ? CHUNK_BYTES / 8 : CHUNK_BYTES;
    this.#chunk = Buffer.allocUnsafe(Math.max(wanted, bytes));
    this.#at = 0;
  }
}
