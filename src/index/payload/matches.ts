import { parseDatetime } from '../../model/datetime.ts';
import type { Condition, Filter, RangeBounds } from '../../model/filter.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { isObject, valuesAt } from '../../model/payload-path.ts';
import type { PointId } from '../../model/point-id.ts';

/** What a payload cannot tell of its point. */
export interface PointLookups {
  hasId(ids: ReadonlySet<PointId>): boolean;
  hasVector(name: string): boolean;
}

/** The answers inside `nested`: an element is no point. */
export const NO_POINT: PointLookups = { hasId: () => false, hasVector: () => false };

/** The plain meaning of a filter, without any index: what the indexes must agree with (README.md lists where they may not). */
export function matchesFilter(filter: Filter, payload: JsonObject | null, point: PointLookups): boolean {
  const holds = (condition: Condition): boolean => matchesCondition(condition, payload, point);
  if (!filter.must.every(holds) || filter.mustNot.some(holds)) return false;
  if (filter.should.length > 0 && !filter.should.some(holds)) return false;
  return filter.minShould === null || atLeast(filter.minShould.conditions, filter.minShould.minCount, holds);
}

/** True when `count` of the items hold; asks no more of them than needed. */
export function atLeast<T>(items: readonly T[], count: number, holds: (item: T) => boolean): boolean {
  let missing = count;
  for (const item of items) {
    if (missing <= 0) break;
    if (holds(item)) missing--;
  }
  return missing <= 0;
}

export function matchesCondition(
  condition: Condition,
  payload: JsonObject | null,
  point: PointLookups,
): boolean {
  switch (condition.kind) {
    case 'filter':
      return matchesFilter(condition.filter, payload, point);
    case 'anyOf':
      return condition.conditions.some((inner) => matchesCondition(inner, payload, point));
    case 'hasId':
      return point.hasId(condition.ids);
    case 'hasVector':
      return point.hasVector(condition.name);
    case 'isEmpty':
      return valuesAt(payload, condition.path).every(isEmptyValue) === condition.expected;
    case 'isNull':
      return valuesAt(payload, condition.path).includes(null) === condition.expected;
    case 'valuesCount': {
      const values = valuesAt(payload, condition.path);
      if (values.length === 0) return inBounds(0, condition.bounds);
      return values.some((value) => inBounds(valuesCount(value), condition.bounds));
    }
    case 'nested':
      return valuesAt(payload, condition.path).some(
        (element) => isObject(element) && matchesFilter(condition.filter, element, NO_POINT),
      );
    default: {
      const test = valueTest(condition);
      return valuesAt(payload, condition.path).some((value) =>
        Array.isArray(value) ? value.some(test) : test(value),
      );
    }
  }
}

export type ValueCondition = Extract<
  Condition,
  { kind: 'match' | 'matchAny' | 'matchExcept' | 'range' | 'datetimeRange' }
>;

/** The test of one value of the field, an element when the field is an array. */
function valueTest(condition: ValueCondition): (value: Json) => boolean {
  switch (condition.kind) {
    case 'match':
      return (value) => value === condition.value;
    case 'matchAny':
      return (value) => condition.values.has(value as string | number | bigint);
    case 'matchExcept':
      return (value) => value !== null && !condition.values.has(value as string | number | bigint);
    case 'range':
      return (value) =>
        (typeof value === 'number' || typeof value === 'bigint') && inBounds(Number(value), condition.bounds);
    case 'datetimeRange':
      return (value) => {
        const micros = typeof value === 'string' ? parseDatetime(value) : null;
        return micros !== null && inBounds(micros, condition.bounds);
      };
  }
}

export function inBounds(value: number, { lt, lte, gt, gte }: RangeBounds): boolean {
  return (
    (lt === null || value < lt) &&
    (lte === null || value <= lte) &&
    (gt === null || value > gt) &&
    (gte === null || value >= gte)
  );
}

/** null 0, an array its length, anything else 1. */
export function valuesCount(value: Json): number {
  if (value === null) return 0;
  return Array.isArray(value) ? value.length : 1;
}

export const isEmptyValue = (value: Json): boolean =>
  value === null || (Array.isArray(value) && value.length === 0);
