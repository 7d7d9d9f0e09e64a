import type { Condition, Filter } from '../../model/filter.ts';
import type { PathStep } from '../../model/payload-path.ts';
import { exactly } from './field-index.ts';
import type { Cardinality, FilterContext } from './payload-indexes.ts';
import type { IndexLookup } from './resolve.ts';

/**
 * Estimates how many live points match, from index statistics. Conditions are taken as independent for `expected`;
 * `min` and `max` hold for any dependence. Inside `nested` (a prefix is given) `min` counts points of which all elements
 * match and `max` points of which some may; each rule keeps that meaning.
 */
export class Estimator {
  readonly #indexes: IndexLookup;
  readonly #context: FilterContext;
  readonly #total: number;

  constructor(indexes: IndexLookup, context: FilterContext) {
    this.#indexes = indexes;
    this.#context = context;
    this.#total = context.liveCount;
  }

  filter(filter: Filter, prefix: readonly PathStep[] = []): Cardinality {
    const estimate = (condition: Condition): Cardinality => this.#condition(condition, prefix);
    const parts = filter.must.map(estimate);
    if (filter.should.length > 0) parts.push(this.#any(filter.should.map(estimate)));
    for (const condition of filter.mustNot) parts.push(this.#not(estimate(condition)));
    if (filter.minShould !== null) {
      const { conditions, minCount } = filter.minShould;
      parts.push(this.#atLeast(conditions.map(estimate), minCount));
    }
    return this.#all(parts);
  }

  #condition(condition: Condition, prefix: readonly PathStep[]): Cardinality {
    this.#context.checkpoint();
    switch (condition.kind) {
      case 'filter':
        return this.filter(condition.filter, prefix);
      case 'anyOf':
        return this.#any(condition.conditions.map((inner) => this.#condition(inner, prefix)));
      case 'hasId':
        return prefix.length > 0 ? exactly(0) : exactly(this.#context.slotsOf(condition.ids).length);
      case 'hasVector':
        return exactly(prefix.length > 0 ? 0 : (this.#context.slotsWithVector(condition.name)?.count() ?? 0));
      case 'nested':
        return atMost(this.filter(condition.filter, [...prefix, ...condition.path.steps]));
      default: {
        if (condition.kind === 'matchAny' && condition.values.size === 0) return exactly(0);
        for (const field of this.#indexes.fieldsAt([...prefix, ...condition.path.steps])) {
          const found = field.count(condition, this.#total);
          if (found === null) continue;
          // The point as a whole says little of what an element lacks.
          if (prefix.length > 0 && POINT_WIDE.has(condition.kind)) return this.#unknown();
          if (prefix.length === 0) return this.#clamp(found);
          // An integer index skips fractions, which a test of the element does not.
          const max = condition.kind === 'range' ? this.#total : found.max;
          return this.#clamp({ min: 0, expected: found.expected, max });
        }
        return this.#unknown();
      }
    }
  }

  #all(parts: readonly Cardinality[]): Cardinality {
    const total = this.#total;
    let share = 1;
    let missing = 0;
    let max = total;
    for (const part of parts) {
      share *= this.#share(part.expected);
      missing += total - part.min;
      max = Math.min(max, part.max);
    }
    return this.#clamp({ min: Math.max(0, total - missing), expected: share * total, max });
  }

  #any(parts: readonly Cardinality[]): Cardinality {
    let noneShare = 1;
    let min = 0;
    let sum = 0;
    for (const part of parts) {
      noneShare *= 1 - this.#share(part.expected);
      min = Math.max(min, part.min);
      sum += part.max;
    }
    return this.#clamp({ min, expected: (1 - noneShare) * this.#total, max: sum });
  }

  #not({ min, expected, max }: Cardinality): Cardinality {
    const total = this.#total;
    return { min: total - max, expected: total - expected, max: total - min };
  }

  /**
   * Bounds by counting matches over all points: a point outside the result adds at most count - 1 to the sum, one
   * inside at least `count` and at most all.
   */
  #atLeast(parts: readonly Cardinality[], count: number): Cardinality {
    const total = this.#total;
    if (count > parts.length) return exactly(0);
    const minSum = parts.reduce((sum, part) => sum + part.min, 0);
    const maxSum = parts.reduce((sum, part) => sum + part.max, 0);
    // chance[j]: that exactly j of the parts so far match (the last entry: `count` or more).
    const chance = new Float64Array(count + 1);
    chance[0] = 1;
    for (const part of parts) {
      const share = this.#share(part.expected);
      for (let j = count; j >= 0; j--) {
        const stays = j === count ? chance[j]! : chance[j]! * (1 - share);
        chance[j] = stays + (j > 0 ? chance[j - 1]! * share : 0);
      }
    }
    return this.#clamp({
      min: Math.max(0, Math.ceil((minSum - (count - 1) * total) / (parts.length - count + 1))),
      expected: chance[count]! * total,
      max: Math.floor(maxSum / count),
    });
  }

  #share(count: number): number {
    return this.#total === 0 ? 0 : Math.min(1, count / this.#total);
  }

  #unknown(): Cardinality {
    return { min: 0, expected: Math.round(this.#total / 2), max: this.#total };
  }

  #clamp({ min, expected, max }: Cardinality): Cardinality {
    const top = Math.min(this.#total, max);
    const bottom = Math.max(0, Math.min(min, top));
    return { min: bottom, expected: Math.min(top, Math.max(bottom, Math.round(expected))), max: top };
  }
}

const POINT_WIDE = new Set<Condition['kind']>(['isEmpty', 'isNull', 'valuesCount']);

const atMost = (found: Cardinality): Cardinality => ({ ...found, min: 0 });
