/** Widths of a packed column: all equal, unsigned offsets from a base, or plain doubles. */
const WIDTH = { same: 0, u8: 1, u16: 2, u32: 4, f64: 8 } as const;

/** Appends little-endian values to a growing buffer. */
export class ByteWriter {
  #buffer = Buffer.allocUnsafe(16_384);
  #view = viewOf(this.#buffer);
  #length = 0;

  /** What was written so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#room(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
  }

  u32(value: number): void {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
  }

  f64(value: number): void {
    const at = this.#room(8);
    this.#view.setFloat64(at, value, true);
  }

  /** Room for `size` bytes that `fill` writes at the place it is told. */
  raw(size: number, fill: (buffer: Uint8Array, at: number) => void): void {
    const at = this.#room(size);
    fill(this.#buffer, at);
  }

  /** The shortest of the widths that keeps every number exactly; the reader must know how many there are. */
  packed(values: Float64Array): void {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    let whole = true;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
      whole = whole && Math.floor(value) === value;
    }
    if (values.length === 0 || min === max) {
      this.u8(WIDTH.same);
      this.f64(values.length === 0 ? 0 : min);
      return;
    }
    const safe = whole && Number.isSafeInteger(min) && Number.isSafeInteger(max);
    const width = safe ? widthOf(max - min) : WIDTH.f64;
    this.u8(width);
    if (width !== WIDTH.f64) this.f64(min);
    const at = this.#room(width * values.length);
    const view = this.#view;
    if (width === WIDTH.u8) for (let i = 0; i < values.length; i++) view.setUint8(at + i, values[i]! - min);
    else if (width === WIDTH.u16)
      for (let i = 0; i < values.length; i++) view.setUint16(at + i * 2, values[i]! - min, true);
    else if (width === WIDTH.u32)
      for (let i = 0; i < values.length; i++) view.setUint32(at + i * 4, values[i]! - min, true);
    else for (let i = 0; i < values.length; i++) view.setFloat64(at + i * 8, values[i]!, true);
  }

  /** May replace the buffer: call it before touching that. */
  #room(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.#buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(this.#length, this.#buffer.length * 2));
      this.#buffer.copy(grown, 0, 0, at);
      this.#buffer = grown;
      this.#view = viewOf(grown);
    }
    return at;
  }
}

/** Reads what `ByteWriter` wrote; reading past the end throws a `RangeError`. */
export class ByteReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = viewOf(bytes);
  }

  u32At(at: number): number {
    return this.#view.getUint32(at, true);
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  /** Steps over `size` bytes, which start at the returned place in the bytes that are read. */
  raw(size: number): number {
    return this.#skip(size);
  }

  packed(length: number): Float64Array {
    const width = this.u8();
    if (width === WIDTH.same) return new Float64Array(length).fill(this.f64());
    const base = width === WIDTH.f64 ? 0 : this.f64();
    const at = this.#skip(width * length);
    const view = this.#view;
    const out = new Float64Array(length);
    if (width === WIDTH.u8) for (let i = 0; i < length; i++) out[i] = base + view.getUint8(at + i);
    else if (width === WIDTH.u16)
      for (let i = 0; i < length; i++) out[i] = base + view.getUint16(at + i * 2, true);
    else if (width === WIDTH.u32)
      for (let i = 0; i < length; i++) out[i] = base + view.getUint32(at + i * 4, true);
    else for (let i = 0; i < length; i++) out[i] = view.getFloat64(at + i * 8, true);
    return out;
  }

  #skip(size: number): number {
    const at = this.#at;
    this.#at += size;
    if (this.#at > this.#view.byteLength) throw new RangeError('read past the end of a payload index block');
    return at;
  }
}

function widthOf(span: number): number {
  if (span < 0x100) return WIDTH.u8;
  if (span < 0x10000) return WIDTH.u16;
  return span < 2 ** 32 ? WIDTH.u32 : WIDTH.f64;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
