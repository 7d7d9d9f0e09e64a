/** Slots per block: the unit of storage and of lazy loading. */
export const BLOCK_SLOTS = 4096;
export const BLOCK_SHIFT = 12;

/** What a block knows of one slot besides the indexed values. All zero: the field is missing, or there is no point. */
export const FLAG = {
  /** Some value at the path is null. */
  isNull: 1,
  /** Some value at the path is an array with null in it. */
  arrayWithNull: 2,
  /** Some value at the path is neither null nor []. */
  notEmpty: 4,
  /** Some value, or element of an array, is non-null and not indexed (another type). */
  other: 8,
  /** At least one value is indexed. */
  indexed: 16,
  /** Some value is an integer that its double does not name exactly. */
  rounded: 32,
} as const;

/** Stands for "ask the payload": several values at the path, or more than fit. */
export const COUNT_UNKNOWN = 255;

export type Values = Float64Array | Uint32Array;

/**
 * One field of 4,096 slots as columns: flags, values count, indexed values. A single value stands in `values`; several
 * stand together in `extra`, and `values` holds where. Numbers: NaN = no value, so that range scans need no flags.
 */
export class ColumnBlock {
  readonly flags = new Uint8Array(BLOCK_SLOTS);
  readonly counts = new Uint8Array(BLOCK_SLOTS);
  readonly values: Values;
  /** Number of values per slot; null while no slot has more than one. */
  lengths: Uint32Array | null = null;
  /** Values of the slots with several. */
  extra: Values;
  #extraUsed = 0;
  #extraLive = 0;
  dirty = false;

  readonly #numbers: boolean;

  constructor(numbers: boolean) {
    this.#numbers = numbers;
    this.values = numbers ? new Float64Array(BLOCK_SLOTS).fill(Number.NaN) : new Uint32Array(BLOCK_SLOTS);
    this.extra = this.#array(0);
  }

  lengthAt(at: number): number {
    if (this.lengths !== null) return this.lengths[at]!;
    return (this.flags[at]! & FLAG.indexed) === 0 ? 0 : 1;
  }

  /** Calls `visit` for each value of the slot. */
  forEachAt(at: number, visit: (value: number) => void): void {
    const length = this.lengthAt(at);
    if (length === 1) visit(this.values[at]!);
    if (length < 2) return;
    const start = this.values[at]!;
    for (let i = start; i < start + length; i++) visit(this.extra[i]!);
  }

  /** Replaces all that is known of the slot. `flags.indexed` must tell whether `list` has values. */
  set(at: number, flags: number, count: number, list: ArrayLike<number>): void {
    const before = this.lengthAt(at);
    this.flags[at] = flags;
    this.counts[at] = count;
    if (list.length > 1 || before > 1) {
      this.#setList(at, before, list);
      return;
    }
    this.values[at] = list.length === 1 ? list[0]! : this.#none;
    if (this.lengths !== null) this.lengths[at] = list.length;
  }

  /** Fills a new block: `values` are those of the first `used` slots, one after the other. Flags are set by the caller. */
  restore(used: number, lengths: ArrayLike<number> | null, values: ArrayLike<number>): void {
    if (lengths !== null) {
      this.lengths = new Uint32Array(BLOCK_SLOTS);
      this.lengths.set(lengths);
      this.extra = this.#array(values.length);
    }
    let from = 0;
    for (let at = 0; at < used; at++) {
      const length = this.lengthAt(at);
      if (length === 1) this.values[at] = values[from]!;
      else if (length > 1) {
        this.values[at] = this.#extraUsed;
        for (let i = 0; i < length; i++) this.extra[this.#extraUsed++] = values[from + i]!;
      }
      from += length;
    }
    this.#extraLive = this.#extraUsed;
  }

  #setList(at: number, before: number, list: ArrayLike<number>): void {
    this.lengths ??= Uint32Array.from(this.flags, (flags) => (flags & FLAG.indexed ? 1 : 0));
    this.lengths[at] = list.length;
    if (before > 1) this.#extraLive -= before;
    if (list.length < 2) {
      this.values[at] = list.length === 1 ? list[0]! : this.#none;
      return;
    }
    if (before < list.length) this.values[at] = this.#allocate(at, list.length);
    this.#extraLive += list.length;
    this.extra.set(list, this.values[at]!);
  }

  /** Room for `length` values at the end of `extra`; packs it first when most of it is unused. */
  #allocate(at: number, length: number): number {
    if (this.#extraUsed > 256 && this.#extraUsed > 2 * this.#extraLive) this.#pack(at);
    if (this.#extraUsed + length > this.extra.length) {
      const grown = this.#array(Math.max(64, this.#extraUsed + length, this.extra.length * 2));
      grown.set(this.extra.subarray(0, this.#extraUsed));
      this.extra = grown;
    }
    const start = this.#extraUsed;
    this.#extraUsed += length;
    return start;
  }

  /** Moves all lists together, save that of `except`, which is about to be replaced. */
  #pack(except: number): void {
    const packed = this.#array(this.#extraLive);
    let end = 0;
    for (let at = 0; at < BLOCK_SLOTS; at++) {
      const length = this.lengths![at]!;
      if (length < 2 || at === except) continue;
      const start = this.values[at]!;
      packed.set(this.extra.subarray(start, start + length), end);
      this.values[at] = end;
      end += length;
    }
    this.extra = packed;
    this.#extraUsed = end;
  }

  get #none(): number {
    return this.#numbers ? Number.NaN : 0;
  }

  #array(length: number): Values {
    return this.#numbers ? new Float64Array(length) : new Uint32Array(length);
  }
}
