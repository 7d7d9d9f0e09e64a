import { isUtf8 } from 'node:buffer';
import { assert } from '../shared/assert.ts';
import { SextantError } from './errors.ts';
import { decodePointId, type PointId } from './point-id.ts';

/** Says "no payload" where a payload's length stands. */
export const NO_PAYLOAD = 0xffffffff;
const SURROGATE = /[\ud800-\udfff]/;
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export const malformed = (what: string, cause?: unknown): SextantError =>
  new SextantError('internal', `malformed operation: ${what}`, { cause });

/** Growing bytes, little endian. */
export class OperationWriter {
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
export class OperationReader {
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
