import type { Condition } from '../../model/filter.ts';
import type { Json } from '../../model/json.ts';
import type { PayloadIndexType } from '../../model/payload-schema.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { someValue } from './column.ts';
import { BLOCK_SHIFT, BLOCK_SLOTS, FLAG } from './column-block.ts';
import { type Indexed, indexedValue } from './extract.ts';
import { exactly, FieldIndex, type FieldOptions, type Found } from './field-index.ts';
import type { Cardinality } from './payload-indexes.ts';
import { Postings } from './postings.ts';
import { TextTable } from './text-table.ts';

const SLOT_MASK = BLOCK_SLOTS - 1;

/**
 * Index of keywords, UUIDs or booleans: the column holds codes of a dictionary; postings per code are derived from all
 * blocks when a filter first asks and kept up to date from then on.
 */
export class CodeField extends FieldIndex {
  readonly #texts = new TextTable();
  #postings: Postings | null = null;

  constructor(options: FieldOptions) {
    super(options, false);
  }

  protected get dictionary(): TextTable {
    return this.#texts;
  }

  protected encode(value: Indexed): number {
    return this.#texts.codeOf(String(value));
  }

  protected changing(slot: number, after: readonly number[]): void {
    const postings = this.#postings;
    if (postings === null) return;
    // First all that is new, so that a code which stays is never without a slot.
    for (const code of after) postings.add(code, slot);
    const kept = new Set(after);
    this.column.block(slot >>> BLOCK_SHIFT)?.forEachAt(slot & SLOT_MASK, (code) => {
      if (!kept.has(code) && postings.delete(code, slot)) this.#texts.delete(code);
    });
  }

  protected findValues(condition: Condition): Found | null {
    const texts = this.#textsOf(condition);
    if (texts === null) return null;
    const wanted = new Set<number>();
    for (const text of texts) {
      const code = this.#known(text);
      if (code !== -1) wanted.add(code);
    }
    const set = this.#union(wanted);
    const found = condition.kind === 'matchExcept' ? this.#outside(set, wanted) : set;
    return { sure: found, maybe: found };
  }

  protected countValues(condition: Condition): Cardinality | null {
    const texts = this.#textsOf(condition);
    if (texts === null) return null;
    let largest = 0;
    let sum = 0;
    for (const text of texts) {
      const code = this.#known(text);
      const length = code === -1 ? 0 : this.#allPostings().count(code);
      largest = Math.max(largest, length);
      sum += length;
    }
    const points = this.points();
    if (condition.kind !== 'matchExcept') {
      if (texts.length === 1) return exactly(sum);
      return { min: largest, expected: Math.min(sum, points), max: Math.min(sum, points) };
    }
    const max = this.notEmptyCount();
    return { min: Math.max(0, points - sum), expected: Math.max(0, max - sum), max };
  }

  /** The dictionary texts of a condition's values; null when this index does not answer it. */
  #textsOf(condition: Condition): string[] | null {
    const { type } = this.schema;
    if (condition.kind === 'match') return textsOf(type, [condition.value]);
    if (type === 'bool') return null;
    if (condition.kind === 'matchAny' || condition.kind === 'matchExcept')
      return textsOf(type, condition.values);
    return null;
  }

  /** The code of a text that some slot may have, or -1. Loads all blocks, as only then all texts are known. */
  #known(text: string): number {
    this.#allPostings();
    return this.#texts.find(text);
  }

  #allPostings(): Postings {
    if (this.#postings !== null) return this.#postings;
    // All codes are known once all blocks are loaded.
    for (let index = 0; index < this.column.blockCount; index++) this.column.block(index);
    const codes = this.#texts.codeCount;
    const postings = new Postings(codes, (visit) => this.column.forEachValue(visit));
    // Texts that went away before there were postings to tell.
    for (let code = 0; code < codes; code++) {
      if (this.#texts.has(code) && postings.count(code) === 0) this.#texts.delete(code);
    }
    this.#postings = postings;
    return postings;
  }

  #union(codes: ReadonlySet<number>): SlotSet {
    const set = SlotSet.ofSize(this.column.slotCount);
    for (const code of codes) this.#allPostings().addTo(code, set);
    return set;
  }

  /** Slots with a value that is not one of `codes`, or of another type; `inside` are those with one of `codes`. */
  #outside(inside: SlotSet, codes: ReadonlySet<number>): SlotSet {
    const set = this.column.slotsWithFlags(FLAG.indexed);
    const several = this.column.slotsWithSeveral().and(inside);
    set.andNot(inside);
    const excluded = new Uint8Array(this.#texts.codeCount);
    for (const code of codes) excluded[code] = 1;
    const isOutside = (code: number): boolean => excluded[code] === 0;
    for (const slot of several.toArray()) {
      const block = this.column.block(slot >>> BLOCK_SHIFT);
      if (block !== null && someValue(block, slot & SLOT_MASK, isOutside)) set.add(slot);
    }
    return set.or(this.slotsWithOther());
  }
}

function textsOf(type: PayloadIndexType, values: Iterable<Json>): string[] | null {
  const texts: string[] = [];
  for (const value of values) {
    const indexed = indexedValue(type, value);
    if (indexed === null) return null;
    texts.push(String(indexed));
  }
  return texts;
}
