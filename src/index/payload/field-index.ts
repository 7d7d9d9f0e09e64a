import type { Condition, RangeBounds, Scalar } from '../../model/filter.ts';
import type { JsonObject } from '../../model/json.ts';
import { type PayloadPath, parsePayloadPath, pathKey, valuesAt } from '../../model/payload-path.ts';
import type { PayloadIndexSchema, PayloadIndexType } from '../../model/payload-schema.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { decodeBlock, encodeBlock } from './block-codec.ts';
import { blockKey, type FieldHeader, HEADER_BLOCK, readHeader, writeHeader } from './block-keys.ts';
import { Column } from './column.ts';
import { BLOCK_SHIFT, BLOCK_SLOTS, COUNT_UNKNOWN, type ColumnBlock, FLAG } from './column-block.ts';
import { type Extracted, Extractor, type Indexed } from './extract.ts';
import { inBounds } from './matches.ts';
import type { BlockReader, Cardinality, FieldInfo } from './payload-indexes.ts';
import type { TextTable } from './text-table.ts';

/** Slots that surely match and slots that may; the same set when the index knows exactly. Not the caller's to change. */
export interface Found {
  sure: SlotSet;
  maybe: SlotSet;
}

export interface FieldOptions {
  path: string;
  schema: PayloadIndexSchema;
  /** null: a new field, whatever the store holds under its keys. */
  store: { blocks: BlockReader; slotCount: number } | null;
}

const NULLS = FLAG.isNull | FLAG.arrayWithNull;

/**
 * The index of one field of one segment: a column of what each slot has there, and what a subclass derives from it.
 * Invariant: the header's counters are those of all blocks, loaded or not.
 */
export abstract class FieldIndex implements FieldInfo {
  readonly schema: PayloadIndexSchema;
  /** Equal for fields whose paths are equal, however they were written. */
  readonly pathKey: string;
  protected readonly column: Column;
  readonly #path: PayloadPath;
  readonly #extractor: Extractor;
  readonly #store: FieldOptions['store'];
  #header: FieldHeader | null = null;
  #headerDirty: boolean;
  /** Rises with every change of the column: what was derived before is valid while it is the same. */
  protected changes = 0;

  constructor(options: FieldOptions, numbers: boolean) {
    const { path, schema, store } = options;
    this.schema = schema;
    this.#path = parsePayloadPath(path);
    this.pathKey = pathKey(this.#path.steps);
    this.#extractor = new Extractor(schema.type);
    this.#store = store;
    this.#headerDirty = store === null;
    this.column = new Column({
      numbers,
      stored: store === null ? 0 : Math.ceil(store.slotCount / BLOCK_SLOTS),
      load: (index) => {
        const bytes = store?.blocks.get(blockKey(path, index));
        return bytes === undefined ? null : decodeBlock(bytes, this.dictionary, `${path}, block ${index}`);
      },
    });
  }

  /** Texts of codes, for indexes whose column holds codes. */
  protected abstract get dictionary(): TextTable | null;
  /** The number the column keeps for a value. */
  protected abstract encode(value: Indexed): number;
  /** Called before the column changes: `slot` has `after` from now on. */
  protected abstract changing(slot: number, after: readonly number[]): void;
  /** Answers a condition on values; null when this index cannot. */
  protected abstract findValues(condition: Condition): Found | null;
  /** Matching points of such a condition; null when this index cannot tell. */
  protected abstract countValues(condition: Condition): Cardinality | null;

  get ready(): boolean {
    return this.#head().ready;
  }

  finish(): void {
    this.#head().ready = true;
    this.#headerDirty = true;
  }

  points(): number {
    return this.#head().indexed;
  }

  put(slot: number, payload: JsonObject | null): void {
    const extracted = this.#extractor.extract(valuesAt(payload, this.#path));
    if (extracted.flags === 0 && extracted.count === 0) this.remove(slot);
    else this.#change(slot, extracted);
  }

  remove(slot: number): void {
    const index = slot >>> BLOCK_SHIFT;
    const block = this.column.block(index);
    const at = slot & (BLOCK_SLOTS - 1);
    if (block === null || (block.flags[at] === 0 && block.counts[at] === 0)) return;
    this.#change(slot, { flags: 0, count: 0, values: [] });
  }

  #change(slot: number, { flags, count, values }: Extracted): void {
    const at = slot & (BLOCK_SLOTS - 1);
    const list = values.map((value) => this.encode(value));
    this.changing(slot, list);
    this.changes++;
    const block = this.column.blockToChange(slot);
    this.#count(block.flags[at]!, -1);
    this.#count(flags, 1);
    block.set(at, flags, count, list);
  }

  #count(flags: number, by: 1 | -1): void {
    const header = this.#head();
    if (flags & FLAG.indexed) header.indexed += by;
    if (flags & FLAG.notEmpty) header.notEmpty += by;
    if (flags & NULLS) header.nulls += by;
    this.#headerDirty = true;
  }

  /** Answers the condition; null when no form of this index can. */
  find(condition: Condition, live: SlotSet): Found | null {
    switch (condition.kind) {
      case 'isEmpty':
        return this.#expected(FLAG.notEmpty, !condition.expected, live);
      case 'isNull':
        return this.#expected(NULLS, condition.expected, live);
      case 'valuesCount':
        return this.#withCount(condition.bounds, live);
      default:
        return this.findValues(condition) ?? this.#findForeign(condition);
    }
  }

  /** How many of `liveCount` points match; null when this index cannot tell. */
  count(condition: Condition, liveCount: number): Cardinality | null {
    switch (condition.kind) {
      case 'isEmpty': {
        const { notEmpty } = this.#head();
        return exactly(condition.expected ? liveCount - notEmpty : notEmpty);
      }
      case 'isNull': {
        const { nulls } = this.#head();
        return exactly(condition.expected ? nulls : liveCount - nulls);
      }
      case 'valuesCount': {
        const { bounds } = condition;
        const share = this.column.shareWhere((block, at) => inBounds(block.counts[at]!, bounds));
        return { min: 0, expected: Math.round(share * liveCount), max: liveCount };
      }
      default:
        return this.countValues(condition) ?? this.#countForeign(condition, liveCount);
    }
  }

  /** Points with a value that is neither null nor []. */
  protected notEmptyCount(): number {
    return this.#head().notEmpty;
  }

  /** Slots whose field has values that this index skips. */
  slotsWithOther(): SlotSet {
    return this.column.slotsWithFlags(FLAG.other);
  }

  /** Appends the changed blocks and header to `out`. */
  takeDirty(out: (readonly [Uint8Array, Uint8Array | null])[]): void {
    for (const index of this.column.takeDirty()) {
      const block = this.column.block(index) as ColumnBlock;
      out.push([blockKey(this.#path.text, index), encodeBlock(block, this.dictionary)]);
    }
    if (!this.#headerDirty) return;
    this.#headerDirty = false;
    out.push([blockKey(this.#path.text, HEADER_BLOCK), writeHeader(this.schema.type, this.#head())]);
  }

  /** Keys under which the store may hold something of this field. */
  *keys(): Iterable<Uint8Array> {
    for (let index = 0; index < this.column.blockCount; index++) yield blockKey(this.#path.text, index);
    yield blockKey(this.#path.text, HEADER_BLOCK);
  }

  #withCount(bounds: RangeBounds, live: SlotSet): Found {
    const fits = Uint8Array.from({ length: COUNT_UNKNOWN + 1 }, (_, count) =>
      inBounds(count, bounds) ? 1 : 0,
    );
    fits[COUNT_UNKNOWN] = 0;
    const sure = this.column.slotsWithCount(fits);
    if (fits[0] === 1) {
      // A slot without a block has the count 0.
      const notZero = this.column.slotsWithCount(new Uint8Array(COUNT_UNKNOWN + 1).fill(1, 1));
      sure.or(live.clone().andNot(notZero));
    }
    const unknown = this.column.slotsWithCount(new Uint8Array(COUNT_UNKNOWN + 1).fill(1, COUNT_UNKNOWN));
    return { sure, maybe: isEmptySet(unknown) ? sure : unknown.or(sure) };
  }

  /**
   * A condition on values of another JSON type than the indexed ones: whether those skipped by the index match, only
   * the payload tells. null when indexed values may match.
   */
  #findForeign(condition: Condition): Found | null {
    if (!isForeign(condition, this.schema.type)) return null;
    const other = this.slotsWithOther();
    if (condition.kind !== 'matchExcept')
      return { sure: isEmptySet(other) ? other : new SlotSet(), maybe: other };
    const indexed = this.column.slotsWithFlags(FLAG.indexed);
    return { sure: indexed, maybe: isEmptySet(other) ? indexed : other.or(indexed) };
  }

  #countForeign(condition: Condition, liveCount: number): Cardinality | null {
    if (!isForeign(condition, this.schema.type)) return null;
    const min = condition.kind === 'matchExcept' ? this.points() : 0;
    const max = this.notEmptyCount();
    const others = this.column.shareWhere((block, at) => (block.flags[at]! & FLAG.other) !== 0) * liveCount;
    return { min, expected: Math.min(max, min + Math.round(others / 2)), max };
  }

  #expected(mask: number, has: boolean, live: SlotSet): Found {
    const flagged = this.column.slotsWithFlags(mask);
    const found = has ? flagged : live.clone().andNot(flagged);
    return { sure: found, maybe: found };
  }

  #head(): FieldHeader {
    if (this.#header !== null) return this.#header;
    const bytes = this.#store?.blocks.get(blockKey(this.#path.text, HEADER_BLOCK));
    // Without a header nothing was ever stored: complete only when there was nothing to store.
    this.#header =
      bytes === undefined
        ? { ready: this.#store?.slotCount === 0, indexed: 0, notEmpty: 0, nulls: 0 }
        : readHeader(bytes, this.schema.type, this.#path.text);
    return this.#header;
  }
}

/** The JSON type of the values that an index of the type keeps. */
const JSON_TYPE: Record<PayloadIndexType, 'string' | 'number' | 'boolean'> = {
  keyword: 'string',
  uuid: 'string',
  datetime: 'string',
  integer: 'number',
  float: 'number',
  bool: 'boolean',
};

/** True when no value that an index of `type` keeps can be one the condition names. */
function isForeign(condition: Condition, type: PayloadIndexType): boolean {
  const kept = JSON_TYPE[type];
  switch (condition.kind) {
    case 'match':
      return jsonType(condition.value) !== kept;
    case 'matchAny':
    case 'matchExcept':
      for (const value of condition.values) if (jsonType(value) === kept) return false;
      return true;
    case 'range':
      return kept !== 'number';
    case 'datetimeRange':
      return kept !== 'string';
    default:
      return false;
  }
}

const jsonType = (value: Scalar): string => (typeof value === 'bigint' ? 'number' : typeof value);

export const exactly = (count: number): Cardinality => ({ min: count, expected: count, max: count });

function isEmptySet(set: SlotSet): boolean {
  return set.words.every((word) => word === 0);
}
