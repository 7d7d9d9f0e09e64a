import { parseDatetime } from '../../model/datetime.ts';
import type { Json } from '../../model/json.ts';
import type { PayloadIndexType } from '../../model/payload-schema.ts';
import { canonicalUuid } from '../../model/point-id.ts';
import { COUNT_UNKNOWN, FLAG } from './column-block.ts';
import { isEmptyValue, valuesCount } from './matches.ts';

/** A value as the index of its type keeps it. */
export type Indexed = string | number | boolean;

/** What an index keeps of one point. Reused: valid until the next `extract` of the same extractor. */
export interface Extracted {
  flags: number;
  count: number;
  values: Indexed[];
}

const I64_MIN = -(1n << 63n);
const I64_MAX = (1n << 63n) - 1n;

/** Turns the values at a field's path into what its index keeps. */
export class Extractor {
  readonly #type: PayloadIndexType;
  readonly #out: Extracted = { flags: 0, count: 0, values: [] };

  constructor(type: PayloadIndexType) {
    this.#type = type;
  }

  extract(values: readonly Json[]): Extracted {
    const out = this.#out;
    out.flags = 0;
    out.count = 0;
    if (out.values.length > 0) out.values = [];
    for (const value of values) this.#one(value);
    if (out.values.length > 1) out.values = [...new Set(out.values)];
    if (out.values.length > 0) out.flags |= FLAG.indexed;
    if (values.length === 1) out.count = Math.min(valuesCount(values[0]!), COUNT_UNKNOWN);
    else if (values.length > 1) out.count = COUNT_UNKNOWN;
    return out;
  }

  #one(value: Json): void {
    const out = this.#out;
    if (value === null) out.flags |= FLAG.isNull;
    if (!isEmptyValue(value)) out.flags |= FLAG.notEmpty;
    if (!Array.isArray(value)) {
      this.#item(value);
      return;
    }
    for (const item of value) {
      if (item === null) out.flags |= FLAG.arrayWithNull;
      this.#item(item);
    }
  }

  #item(item: Json): void {
    if (item === null) return;
    const indexed = indexedValue(this.#type, item);
    if (indexed === null) this.#out.flags |= FLAG.other;
    else this.#out.values.push(indexed);
    if (typeof item === 'bigint' && this.#type === 'integer') this.#out.flags |= FLAG.rounded;
  }
}

/** The value as an index of `type` keeps it; null when it is of another type. */
export function indexedValue(type: PayloadIndexType, value: Json): Indexed | null {
  switch (type) {
    case 'keyword':
      return typeof value === 'string' ? value : null;
    case 'uuid':
      return typeof value === 'string' ? canonicalUuid(value) : null;
    case 'bool':
      return typeof value === 'boolean' ? value : null;
    case 'integer':
      if (typeof value === 'bigint') return value >= I64_MIN && value <= I64_MAX ? Number(value) : null;
      return Number.isSafeInteger(value) ? (value as number) : null;
    case 'float':
      return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
    case 'datetime':
      return typeof value === 'string' ? parseDatetime(value) : null;
  }
}
