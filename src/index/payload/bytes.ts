/** Widths of a packed column: all equal, unsigned offsets from a base, or plain doubles. */
const WIDTH = { same: 0, u8: 1, u16: 2, u32: 4, f64: 8 } as const;

/** Appends little-endian values to a growing buffer. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #length = 0;

  /** What was written so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#buffer.writeUInt8(value, at);
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#buffer.writeUInt16LE(value, at);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#buffer.writeUInt32LE(value, at);
  }

  f64(value: number): void {
    const at = this.#room(8);
    this.#buffer.writeDoubleLE(value, at);
  }

  /** Length and encoding, then one byte per character when all are below 256, else UTF-16 (any text survives it). */
  text(value: string): void {
    const wide = !isLatin1(value);
    const size = wide ? value.length * 2 : value.length;
    this.u32(size * 2 + (wide ? 1 : 0));
    const at = this.#room(size);
    this.#buffer.write(value, at, wide ? 'utf16le' : 'latin1');
  }

  /** The shortest of the widths that keeps every number exactly; the reader must know how many there are. */
  packed(values: ArrayLike<number>): void {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let whole = true;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
      whole &&= Number.isSafeInteger(value);
    }
    if (values.length === 0 || min === max) {
      this.u8(WIDTH.same);
      this.f64(values.length === 0 ? 0 : min);
      return;
    }
    const span = whole ? max - min : Number.POSITIVE_INFINITY;
    const width =
      span < 0x100 ? WIDTH.u8 : span < 0x10000 ? WIDTH.u16 : span < 2 ** 32 ? WIDTH.u32 : WIDTH.f64;
    this.u8(width);
    if (width !== WIDTH.f64) this.f64(min);
    let at = this.#room(width * values.length);
    for (let i = 0; i < values.length; i++, at += width) {
      if (width === WIDTH.u8) this.#buffer[at] = values[i]! - min;
      else if (width === WIDTH.u16) this.#buffer.writeUInt16LE(values[i]! - min, at);
      else if (width === WIDTH.u32) this.#buffer.writeUInt32LE(values[i]! - min, at);
      else this.#buffer.writeDoubleLE(values[i]!, at);
    }
  }

  /** May replace the buffer: call it before touching that. */
  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
    }
    return at;
  }
}

/** Reads what `ByteWriter` wrote; reading past the end throws a `RangeError`. */
export class ByteReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32At(at: number): number {
    return this.#buffer.readUInt32LE(at);
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#skip(1));
  }

  u16(): number {
    return this.#buffer.readUInt16LE(this.#skip(2));
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#skip(4));
  }

  f64(): number {
    return this.#buffer.readDoubleLE(this.#skip(8));
  }

  text(): string {
    const head = this.u32();
    const at = this.#skip(head >>> 1);
    return this.#buffer.toString(head & 1 ? 'utf16le' : 'latin1', at, this.#at);
  }

  packed(length: number): Float64Array {
    const out = new Float64Array(length);
    const width = this.u8();
    if (width === WIDTH.same) return out.fill(this.f64());
    const base = width === WIDTH.f64 ? 0 : this.f64();
    let at = this.#skip(width * length);
    for (let i = 0; i < length; i++, at += width) {
      if (width === WIDTH.u8) out[i] = base + this.#buffer[at]!;
      else if (width === WIDTH.u16) out[i] = base + this.#buffer.readUInt16LE(at);
      else if (width === WIDTH.u32) out[i] = base + this.#buffer.readUInt32LE(at);
      else out[i] = this.#buffer.readDoubleLE(at);
    }
    return out;
  }

  #skip(size: number): number {
    const at = this.#at;
    this.#at += size;
    if (this.#at > this.#buffer.length) throw new RangeError('read past the end of a payload index block');
    return at;
  }
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
