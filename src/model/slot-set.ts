/** A set of slots as a bitmap of 32-bit words; slot s is bit `s & 31` of word `s >>> 5`. Owns its words. */
export class SlotSet {
  #words: Uint32Array;

  constructor(words: Uint32Array = new Uint32Array(0)) {
    this.#words = words;
  }

  static ofSize(slots: number): SlotSet {
    return new SlotSet(new Uint32Array((slots + 31) >>> 5));
  }

  static of(slots: Iterable<number>): SlotSet {
    const set = new SlotSet();
    for (const slot of slots) set.add(slot);
    return set;
  }

  /** All slots below `count`. */
  static below(count: number): SlotSet {
    const set = SlotSet.ofSize(count);
    set.#words.fill(0xffffffff);
    if (count & 31) set.#words[set.#words.length - 1] = (1 << (count & 31)) - 1;
    return set;
  }

  /** Live view, valid until the set grows: slots beyond its length are absent. */
  get words(): Uint32Array {
    return this.#words;
  }

  has(slot: number): boolean {
    const word = this.#words[slot >>> 5];
    return word !== undefined && (word & (1 << (slot & 31))) !== 0;
  }

  add(slot: number): void {
    const at = slot >>> 5;
    if (at >= this.#words.length) this.#grow(at + 1);
    this.#words[at]! |= 1 << (slot & 31);
  }

  delete(slot: number): void {
    const at = slot >>> 5;
    if (at < this.#words.length) this.#words[at]! &= ~(1 << (slot & 31));
  }

  clone(): SlotSet {
    return new SlotSet(this.#words.slice());
  }

  /** Number of slots in the set; counts the bits each time. */
  count(): number {
    let total = 0;
    for (const word of this.#words) total += popcount(word);
    return total;
  }

  and(other: SlotSet): this {
    const b = other.#words;
    for (let i = 0; i < this.#words.length; i++) this.#words[i]! &= b[i] ?? 0;
    return this;
  }

  or(other: SlotSet): this {
    if (other.#words.length > this.#words.length) this.#grow(other.#words.length);
    for (let i = 0; i < other.#words.length; i++) this.#words[i]! |= other.#words[i]!;
    return this;
  }

  andNot(other: SlotSet): this {
    const shared = Math.min(this.#words.length, other.#words.length);
    for (let i = 0; i < shared; i++) this.#words[i]! &= ~other.#words[i]!;
    return this;
  }

  /** Ascending. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.#words.length; i++) {
      let word = this.#words[i]!;
      while (word !== 0) {
        const bit = 31 - Math.clz32(word & -word);
        yield i * 32 + bit;
        word &= word - 1;
      }
    }
  }

  /** Ascending, in one array. */
  toArray(): Uint32Array {
    const out = new Uint32Array(this.count());
    let at = 0;
    for (let i = 0; i < this.#words.length; i++) {
      let word = this.#words[i]!;
      while (word !== 0) {
        out[at++] = i * 32 + (31 - Math.clz32(word & -word));
        word &= word - 1;
      }
    }
    return out;
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}

function popcount(word: number): number {
  let w = word - ((word >>> 1) & 0x55555555);
  w = (w & 0x33333333) + ((w >>> 2) & 0x33333333);
  return (((w + (w >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
