import type { Condition, RangeBounds } from '../../model/filter.ts';
import type { SlotSet } from '../../model/slot-set.ts';
import { someValue } from './column.ts';
import { FLAG } from './column-block.ts';
import type { Indexed } from './extract.ts';
import { FieldIndex, type FieldOptions, type Found } from './field-index.ts';
import type { Cardinality } from './payload-indexes.ts';
import type { TextTable } from './text-table.ts';

/**
 * Index of integers, floats or datetimes: the column itself, scanned. A million slots take about a millisecond, no
 * order has to be kept, and a put is a store.
 */
export class NumberField extends FieldIndex {
  /** Results of the last scans: many searches bring the same few filters. */
  readonly #recent = new Map<string, { changes: number; found: Found }>();

  constructor(options: FieldOptions) {
    super(options, true);
  }

  protected get dictionary(): TextTable | null {
    return null;
  }

  protected encode(value: Indexed): number {
    return value as number;
  }

  protected changing(): void {}

  protected findValues(condition: Condition): Found | null {
    const plan = this.#plan(condition);
    if (plan === null) return null;
    const key = planKey(plan);
    if (key === null) return this.#scan(plan);
    const known = this.#recent.get(key);
    if (known?.changes === this.changes) return known.found;
    const found = this.#scan(plan);
    this.#recent.delete(key);
    if (this.#recent.size >= RECENT_SCANS) this.#recent.delete(this.#recent.keys().next().value!);
    this.#recent.set(key, { changes: this.changes, found });
    return found;
  }

  #scan(plan: Plan): Found {
    if (plan.kind === 'range') return same(this.column.slotsInRange(plan.low, plan.high));
    const { sure, rounded, except } = plan;
    if (!except) {
      const found = this.#slotsOf(sure);
      return rounded.size === 0 ? same(found) : { sure: found, maybe: this.#slotsOf(rounded).or(found) };
    }
    const other = this.slotsWithOther();
    const outside = this.column.slotsWithValue((value) => !sure.has(value)).or(other);
    if (rounded.size === 0) return same(outside);
    return {
      sure: this.column.slotsWithValue((value) => !sure.has(value) && !rounded.has(value)).or(other),
      maybe: outside,
    };
  }

  protected countValues(condition: Condition): Cardinality | null {
    const plan = this.#plan(condition);
    if (plan === null) return null;
    let share: number;
    if (plan.kind === 'range') {
      const { low, high } = plan;
      share = this.column.shareWhere((block, at) => someValue(block, at, (v) => v >= low && v <= high));
    } else {
      const { sure, rounded, except } = plan;
      share = this.column.shareWhere(
        (block, at) =>
          (except && (block.flags[at]! & FLAG.other) !== 0) ||
          someValue(block, at, (value) => (sure.has(value) || rounded.has(value)) !== except),
      );
    }
    const max = plan.kind === 'values' && plan.except ? this.notEmptyCount() : this.points();
    return { min: 0, expected: Math.min(max, Math.round(share * this.column.slotCount)), max };
  }

  #slotsOf(values: ReadonlySet<number>): SlotSet {
    if (values.size === 1) {
      const [value] = values;
      return this.column.slotsInRange(value!, value!);
    }
    const table = memberTable(values);
    if (table === null) return this.column.slotsWithValue((value) => values.has(value));
    return this.column.slotsInTable(table.members, table.min);
  }

  #plan(condition: Condition): Plan | null {
    const { type, lookup, range } = this.schema;
    switch (condition.kind) {
      case 'range':
        return type === 'float' || (type === 'integer' && range) ? closed(condition.bounds) : null;
      case 'datetimeRange':
        return type === 'datetime' ? closed(condition.bounds) : null;
      case 'match':
        return type === 'integer' && lookup ? valuesPlan([condition.value], false) : null;
      case 'matchAny':
        return type === 'integer' && lookup ? valuesPlan(condition.values, false) : null;
      case 'matchExcept':
        return type === 'integer' && lookup ? valuesPlan(condition.values, true) : null;
      default:
        return null;
    }
  }
}

type Plan =
  | { kind: 'range'; low: number; high: number }
  /** `rounded` are doubles that stand for several integers: only the payload tells which. */
  | { kind: 'values'; sure: ReadonlySet<number>; rounded: ReadonlySet<number>; except: boolean };

const RECENT_SCANS = 8;
/** Larger lists of values are not worth a key. */
const KEY_VALUES_MAX = 64;

/** Equal for equal plans; null when it would be too long. */
function planKey(plan: Plan): string | null {
  if (plan.kind === 'range') return `${plan.low} to ${plan.high}`;
  if (plan.sure.size + plan.rounded.size > KEY_VALUES_MAX) return null;
  return `${plan.except ? 'not ' : ''}${[...plan.sure].join()} or ${[...plan.rounded].join()}`;
}

function valuesPlan(values: Iterable<unknown>, except: boolean): Plan | null {
  const sure = new Set<number>();
  const rounded = new Set<number>();
  for (const value of values) {
    if (Number.isSafeInteger(value)) sure.add(value as number);
    else if (typeof value === 'bigint') rounded.add(Number(value));
    else return null;
  }
  return { kind: 'values', sure, rounded, except };
}

/** Up to this span of integers a table answers membership several times faster than a Set. */
const TABLE_SPAN_MAX = 1 << 16;

/** Cell `v - min` is 1 for each of the integers; null when they are too far apart. */
function memberTable(values: ReadonlySet<number>): { members: Uint8Array; min: number } | null {
  if (values.size === 0) return { members: new Uint8Array(1), min: 0 };
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (!(max - min < TABLE_SPAN_MAX)) return null;
  const members = new Uint8Array(max - min + 1);
  for (const value of values) members[value - min] = 1;
  return { members, min };
}

/** The same bounds as an interval that includes its ends. */
function closed({ lt, lte, gt, gte }: RangeBounds): Plan {
  return {
    kind: 'range',
    low: Math.max(
      gte ?? Number.NEGATIVE_INFINITY,
      gt === null ? Number.NEGATIVE_INFINITY : nextDouble(gt, 1n),
    ),
    high: Math.min(
      lte ?? Number.POSITIVE_INFINITY,
      lt === null ? Number.POSITIVE_INFINITY : nextDouble(lt, -1n),
    ),
  };
}

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/** The next double above (1n) or below (-1n) a finite one. */
function nextDouble(value: number, direction: 1n | -1n): number {
  if (value === 0) return direction === 1n ? Number.MIN_VALUE : -Number.MIN_VALUE;
  double[0] = value;
  bits[0] = bits[0]! + (value > 0 ? direction : -direction);
  return double[0];
}

const same = (set: SlotSet): Found => ({ sure: set, maybe: set });
