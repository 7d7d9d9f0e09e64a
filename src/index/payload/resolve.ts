import type { Condition, Filter } from '../../model/filter.ts';
import type { JsonObject } from '../../model/json.ts';
import type { PathStep } from '../../model/payload-path.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { unreachable } from '../../shared/assert.ts';
import type { FieldIndex } from './field-index.ts';
import { atLeast, matchesCondition, type PointLookups } from './matches.ts';
import type { FilterContext } from './payload-indexes.ts';
import { atLeastOf, intersection, union } from './set-algebra.ts';

/**
 * What the indexes tell of a filter or condition: slots that surely match, slots that may, and how to decide on one
 * slot. `sure` is within `maybe` as far as live slots go; the same set when nothing is left to decide.
 */
export interface Resolved {
  sure: SlotSet;
  maybe: SlotSet;
  test(slot: number, payload: JsonObject | null): boolean;
}

export interface IndexLookup {
  /** Ready indexes of the field at these steps. */
  fieldsAt(steps: readonly PathStep[]): readonly FieldIndex[];
}

/** Compiles filters against the indexes and the state of one moment. Reads no payload. */
export class Resolver {
  readonly #indexes: IndexLookup;
  readonly #context: FilterContext;
  readonly #none = new SlotSet();

  constructor(indexes: IndexLookup, context: FilterContext) {
    this.#indexes = indexes;
    this.#context = context;
  }

  filter(filter: Filter): Resolved {
    const parts = filter.must.map((condition) => this.condition(condition));
    if (filter.should.length > 0) parts.push(this.#any(filter.should));
    for (const condition of filter.mustNot) parts.push(this.#not(this.condition(condition)));
    if (filter.minShould !== null) {
      const { conditions, minCount } = filter.minShould;
      parts.push(
        this.#atLeast(
          conditions.map((condition) => this.condition(condition)),
          minCount,
        ),
      );
    }
    return this.#all(parts);
  }

  condition(condition: Condition): Resolved {
    this.#context.checkpoint();
    switch (condition.kind) {
      case 'filter':
        return this.filter(condition.filter);
      case 'anyOf':
        return this.#any(condition.conditions);
      case 'hasId':
        return exact(SlotSet.of(this.#context.slotsOf(condition.ids)));
      case 'hasVector':
        return exact(this.#context.slotsWithVector(condition.name) ?? this.#none);
      case 'nested':
        return this.#nested(condition);
      default: {
        if (condition.kind === 'matchAny' && condition.values.size === 0) return exact(this.#none);
        for (const field of this.#indexes.fieldsAt(condition.path.steps)) {
          const found = field.find(condition, this.#context.live);
          if (found !== null) return this.#decided(condition, found.sure, found.maybe);
        }
        return this.#decided(condition, this.#none, this.#context.live);
      }
    }
  }

  #decided(condition: Condition, sure: SlotSet, maybe: SlotSet): Resolved {
    if (sure === maybe) return exact(sure);
    return {
      sure,
      maybe,
      test: (slot, payload) =>
        sure.has(slot) || (maybe.has(slot) && matchesCondition(condition, payload, UNASKED)),
    };
  }

  #all(parts: Resolved[]): Resolved {
    if (parts.length === 0) return exact(this.#context.live);
    if (parts.length === 1) return parts[0]!;
    const sure = intersection(parts.map((part) => part.sure));
    const maybe = parts.every(isExact) ? sure : intersection(parts.map((part) => part.maybe));
    return { sure, maybe, test: (slot, payload) => parts.every((part) => part.test(slot, payload)) };
  }

  #any(conditions: readonly Condition[]): Resolved {
    const parts = conditions.map((condition) => this.condition(condition));
    if (parts.length === 1) return parts[0]!;
    const sure = union(parts.map((part) => part.sure));
    const maybe = parts.every(isExact) ? sure : union(parts.map((part) => part.maybe));
    return { sure, maybe, test: (slot, payload) => parts.some((part) => part.test(slot, payload)) };
  }

  #not(part: Resolved): Resolved {
    const { live } = this.#context;
    const sure = live.clone().andNot(part.maybe);
    const maybe = isExact(part) ? sure : live.clone().andNot(part.sure);
    return { sure, maybe, test: (slot, payload) => !part.test(slot, payload) };
  }

  #atLeast(parts: Resolved[], count: number): Resolved {
    const sure = atLeastOf(
      parts.map((part) => part.sure),
      count,
      this.#context.live,
    );
    const maybe = parts.every(isExact)
      ? sure
      : atLeastOf(
          parts.map((part) => part.maybe),
          count,
          this.#context.live,
        );
    return {
      sure,
      maybe,
      test: (slot, payload) => atLeast(parts, count, (part) => part.test(slot, payload)),
    };
  }

  /** Elements are not indexed as such, so indexes only tell where no element can match. */
  #nested(condition: Extract<Condition, { kind: 'nested' }>): Resolved {
    const maybe = this.#possible(condition.filter, condition.path.steps) ?? this.#context.live;
    return this.#decided(condition, this.#none, maybe);
  }

  /** A superset of the slots where an element at `prefix` matches; null when the indexes exclude none. */
  #possible(filter: Filter, prefix: readonly PathStep[]): SlotSet | null {
    const sets: SlotSet[] = [];
    for (const condition of filter.must) {
      const set = this.#possibleCondition(condition, prefix);
      if (set !== null) sets.push(set);
    }
    if (filter.should.length > 0) {
      const set = this.#possibleAny(filter.should, prefix);
      if (set !== null) sets.push(set);
    }
    return sets.length === 0 ? null : intersection(sets);
  }

  #possibleAny(conditions: readonly Condition[], prefix: readonly PathStep[]): SlotSet | null {
    const sets: SlotSet[] = [];
    for (const condition of conditions) {
      const set = this.#possibleCondition(condition, prefix);
      if (set === null) return null;
      sets.push(set);
    }
    return union(sets);
  }

  #possibleCondition(condition: Condition, prefix: readonly PathStep[]): SlotSet | null {
    switch (condition.kind) {
      case 'filter':
        return this.#possible(condition.filter, prefix);
      case 'anyOf':
        return this.#possibleAny(condition.conditions, prefix);
      case 'nested':
        return this.#possible(condition.filter, [...prefix, ...condition.path.steps]);
      case 'hasId':
      case 'hasVector':
        return this.#none;
      // What is missing in one element may be there in another.
      case 'isEmpty':
      case 'isNull':
      case 'valuesCount':
        return null;
      case 'match':
      case 'matchAny':
      case 'matchExcept':
      case 'range':
      case 'datetimeRange':
        for (const field of this.#indexes.fieldsAt([...prefix, ...condition.path.steps])) {
          const found = field.find(condition, this.#context.live);
          if (found !== null) return union([found.maybe, field.slotsWithOther()]);
        }
        return null;
      default:
        return unreachable(condition);
    }
  }
}

/** has_id and has_vector are always exact sets, so a test on the payload never asks. */
const UNASKED: PointLookups = {
  hasId: () => {
    throw new Error('has_id is answered by the context');
  },
  hasVector: () => {
    throw new Error('has_vector is answered by the context');
  },
};

const exact = (set: SlotSet): Resolved => ({ sure: set, maybe: set, test: (slot) => set.has(slot) });

export const isExact = (resolved: Resolved): boolean => resolved.sure === resolved.maybe;
