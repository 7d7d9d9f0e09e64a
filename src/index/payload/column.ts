import { SlotSet } from '../../model/slot-set.ts';
import { BLOCK_SHIFT, BLOCK_SLOTS, ColumnBlock, FLAG, type Values } from './column-block.ts';

const SLOT_MASK = BLOCK_SLOTS - 1;
const WORDS_PER_BLOCK = BLOCK_SLOTS / 32;

/** All blocks of one field. A block is loaded from the store when it is first looked at. */
export class Column {
  /** undefined: not looked at yet; null: holds nothing. */
  readonly #blocks: (ColumnBlock | null | undefined)[];
  readonly #numbers: boolean;
  readonly #load: (index: number) => ColumnBlock | null;

  /** `stored` blocks may be in the store, by the numbers from 0; `load` reads one. */
  constructor(options: { numbers: boolean; stored: number; load: (index: number) => ColumnBlock | null }) {
    this.#numbers = options.numbers;
    this.#load = options.load;
    this.#blocks = new Array(options.stored).fill(undefined);
  }

  get blockCount(): number {
    return this.#blocks.length;
  }

  get slotCount(): number {
    return this.#blocks.length * BLOCK_SLOTS;
  }

  block(index: number): ColumnBlock | null {
    const known = this.#blocks[index];
    if (known !== undefined) return known;
    if (index >= this.#blocks.length) return null;
    const loaded = this.#load(index);
    this.#blocks[index] = loaded;
    return loaded;
  }

  /** The block to write `slot` in; made when there is none. */
  blockToChange(slot: number): ColumnBlock {
    const index = slot >>> BLOCK_SHIFT;
    while (this.#blocks.length <= index) this.#blocks.push(null);
    const block = this.block(index) ?? new ColumnBlock(this.#numbers);
    this.#blocks[index] = block;
    block.dirty = true;
    return block;
  }

  /** Numbers of the blocks changed since the last call. */
  takeDirty(): number[] {
    const dirty: number[] = [];
    for (const [index, block] of this.#blocks.entries()) {
      if (!block?.dirty) continue;
      block.dirty = false;
      dirty.push(index);
    }
    return dirty;
  }

  /** Calls `visit` for each value of each slot, slots ascending. */
  forEachValue(visit: (slot: number, value: number) => void): void {
    for (let index = 0; index < this.blockCount; index++) {
      const block = this.block(index);
      if (block === null) continue;
      const { values, lengths, flags, extra } = block;
      const from = index * BLOCK_SLOTS;
      for (let at = 0; at < BLOCK_SLOTS; at++) {
        if ((flags[at]! & FLAG.indexed) === 0) continue;
        if (lengths === null || lengths[at] === 1) {
          visit(from + at, values[at]!);
          continue;
        }
        const start = values[at]!;
        for (let i = start; i < start + lengths[at]!; i++) visit(from + at, extra[i]!);
      }
    }
  }

  /** Slots whose values count is one of those marked in `counts` (256 cells). A slot without a block is not among them. */
  slotsWithCount(counts: Uint8Array): SlotSet {
    return this.#collect((block, words, from) => markByTable(block.counts, counts, words, from));
  }

  /** Slots with any of the flags in `mask`. */
  slotsWithFlags(mask: number): SlotSet {
    const hits = Uint8Array.from({ length: 256 }, (_, flags) => ((flags & mask) === 0 ? 0 : 1));
    return this.#collect((block, words, from) => markByTable(block.flags, hits, words, from));
  }

  /** Slots with some value in `low <= value <= high`. Numbers only. */
  slotsInRange(low: number, high: number): SlotSet {
    return this.#withValue(
      (values, words, from) => {
        // Without branches, four at a time: several times faster on values in no order. NaN is in no range.
        for (let w = 0; w < WORDS_PER_BLOCK; w++) {
          let word = 0;
          for (let bit = 0; bit < 32; bit += 4) {
            const at = w * 32 + bit;
            const a = values[at]!;
            const b = values[at + 1]!;
            const c = values[at + 2]!;
            const d = values[at + 3]!;
            const hits =
              (Number(a >= low) & Number(a <= high)) |
              ((Number(b >= low) & Number(b <= high)) << 1) |
              ((Number(c >= low) & Number(c <= high)) << 2) |
              ((Number(d >= low) & Number(d <= high)) << 3);
            word |= hits << bit;
          }
          words[from + w] = word;
        }
      },
      (value) => value >= low && value <= high,
    );
  }

  /** Slots with some value `v` for which `table[v - min]` is 1, where the table reaches. Integers only. */
  slotsInTable(table: Uint8Array, min: number): SlotSet {
    const max = min + table.length - 1;
    return this.#withValue(
      (values, words, from) => {
        // Without branches: what the table does not reach looks at its first cell, in vain.
        for (let w = 0; w < WORDS_PER_BLOCK; w++) {
          let word = 0;
          for (let bit = 0; bit < 32; bit++) {
            const value = values[w * 32 + bit]!;
            const reached = Number(value >= min) & Number(value <= max);
            word |= (table[Math.imul(value - min, reached)]! & reached) << bit;
          }
          words[from + w] = word;
        }
      },
      (value) => value >= min && value <= max && table[value - min] === 1,
    );
  }

  /** Slots with some value for which the test holds. Numbers only. */
  slotsWithValue(test: (value: number) => boolean): SlotSet {
    return this.#withValue((values, words, from) => {
      for (let at = 0; at < BLOCK_SLOTS; at++) {
        const value = values[at]!;
        if (!Number.isNaN(value) && test(value)) words[from + (at >>> 5)]! |= 1 << (at & 31);
      }
    }, test);
  }

  /** Slots with more than one value. */
  slotsWithSeveral(): SlotSet {
    return this.#collect(({ lengths }, words, from) => {
      if (lengths === null) return;
      for (let at = 0; at < BLOCK_SLOTS; at++) {
        if (lengths[at]! > 1) words[from + (at >>> 5)]! |= 1 << (at & 31);
      }
    });
  }

  /** The share of slots for which the test holds, asked of pseudo-random slots when there are many. */
  shareWhere(test: (block: ColumnBlock, at: number) => boolean): number {
    const slots = this.slotCount;
    if (slots === 0) return 0;
    const asked = Math.min(slots, SAMPLE_SLOTS);
    let hits = 0;
    for (let i = 0; i < asked; i++) {
      const slot = asked === slots ? i : Math.floor(((Math.imul(i, GOLDEN) >>> 0) / 2 ** 32) * slots);
      const block = this.block(slot >>> BLOCK_SHIFT);
      if (block !== null && test(block, slot & SLOT_MASK)) hits++;
    }
    return hits / asked;
  }

  /** `fill` answers for blocks as if each slot had one value or NaN; slots with several are then decided by `test`. */
  #withValue(
    fill: (values: Values, words: Uint32Array, from: number) => void,
    test: (value: number) => boolean,
  ): SlotSet {
    return this.#collect((block, words, from) => {
      fill(block.values, words, from);
      if (block.lengths === null) return;
      for (let at = 0; at < BLOCK_SLOTS; at++) {
        if (block.lengths[at]! < 2) continue;
        const bit = 1 << (at & 31);
        if (someValue(block, at, test)) words[from + (at >>> 5)]! |= bit;
        else words[from + (at >>> 5)]! &= ~bit;
      }
    });
  }

  #collect(fill: (block: ColumnBlock, words: Uint32Array, from: number) => void): SlotSet {
    const set = SlotSet.ofSize(this.slotCount);
    for (let index = 0; index < this.blockCount; index++) {
      const block = this.block(index);
      if (block !== null) fill(block, set.words, index * WORDS_PER_BLOCK);
    }
    return set;
  }
}

/** Up to this many slots an estimate looks at all of them. */
const SAMPLE_SLOTS = 4096;
/** 2^32 divided by the golden ratio: multiples of it spread evenly (Weyl sequence). */
const GOLDEN = 0x9e3779b1;

/** Sets the bit of each byte whose cell in `table` is 1. */
function markByTable(bytes: Uint8Array, table: Uint8Array, words: Uint32Array, from: number): void {
  for (let w = 0; w < WORDS_PER_BLOCK; w++) {
    let word = 0;
    for (let bit = 0; bit < 32; bit += 4) {
      const at = w * 32 + bit;
      const low = table[bytes[at]!]! | (table[bytes[at + 1]!]! << 1);
      const high = (table[bytes[at + 2]!]! << 2) | (table[bytes[at + 3]!]! << 3);
      word |= (low | high) << bit;
    }
    words[from + w] = word;
  }
}

export function someValue(block: ColumnBlock, at: number, test: (value: number) => boolean): boolean {
  if ((block.flags[at]! & FLAG.indexed) === 0) return false;
  const length = block.lengthAt(at);
  if (length === 1) return test(block.values[at]!);
  const start = block.values[at]!;
  for (let i = start; i < start + length; i++) if (test(block.extra[i]!)) return true;
  return false;
}
