import { parseDatetime } from '../model/datetime.ts';
import { badRequest, notImplemented, SextantError } from '../model/errors.ts';
import type { Condition, Filter, RangeBounds } from '../model/filter.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import type { PayloadPath } from '../model/payload-path.ts';
import { type PointId, parsePointId } from '../model/point-id.ts';
import {
  formatError,
  isAbsent,
  isObject,
  noVariant,
  optionalBool,
  readFloat,
  readInteger,
  readList,
  readObject,
  readPath,
  readString,
  required,
} from './fields.ts';
import type { Violations } from './violations.ts';

/** Filters within filters; the scan bounds the JSON nesting, this bounds the recursion of everything below. */
export const FILTER_DEPTH_MAX = 64;
/** Reading, estimating and compiling a filter this large takes tens of milliseconds, more would stall other requests. */
export const FILTER_CONDITIONS_MAX = 10_000;
/** Ids and values in all lists of one filter, for the same reason. */
export const FILTER_VALUES_MAX = 250_000;

const CLAUSES = ['should', 'min_should', 'must', 'must_not'];

/** null and absent are no filter. Violations are named from the filter on ("filter.must[0]..."). */
export function optionalFilter(object: BodyObject, name: string, violations: Violations): Filter | null {
  const value = object[name];
  if (isAbsent(value)) return null;
  return violations.within(name, () => parseFilter(value, violations));
}

/** Unknown keys are refused. Throws `jsonFormat`, `badRequest` when nested too deeply or too large, `notImplemented`. */
export function parseFilter(value: BodyValue, violations: Violations): Filter {
  return readFilter(value, { violations, depth: 1, size: { conditions: 0, values: 0 } });
}

/** Where the reader is in a filter; `size` is shared by all levels. */
interface Scope {
  readonly violations: Violations;
  readonly depth: number;
  readonly size: { conditions: number; values: number };
}

const below = (scope: Scope): Scope => ({ ...scope, depth: scope.depth + 1 });

function readFilter(value: BodyValue, scope: Scope): Filter {
  if (scope.depth > FILTER_DEPTH_MAX) {
    throw badRequest(`Filter is nested deeper than ${FILTER_DEPTH_MAX} levels`);
  }
  const object = readObject(value, 'Filter');
  for (const key of Object.keys(object)) {
    if (!CLAUSES.includes(key)) {
      throw formatError(
        `unknown field \`${key.slice(0, 100)}\`, expected one of ${CLAUSES.map((c) => `\`${c}\``).join(', ')}`,
      );
    }
  }
  return {
    must: clause(object, 'must', scope),
    should: clause(object, 'should', scope),
    mustNot: clause(object, 'must_not', scope),
    minShould: minShould(object.min_should, scope),
  };
}

function clause(object: BodyObject, name: string, scope: Scope): Condition[] {
  const { violations } = scope;
  const value = object[name];
  if (isAbsent(value)) return [];
  if (!Array.isArray(value)) {
    return violations.within(name, () => [parseCondition(value, scope)]);
  }
  return value.map((item, i) => {
    const from = violations.count;
    const condition = parseCondition(item, scope);
    if (violations.count > from) violations.prefix(from, `${name}[${i}]`);
    return condition;
  });
}

function minShould(value: BodyValue | undefined, scope: Scope): Filter['minShould'] {
  const { violations } = scope;
  if (isAbsent(value)) return null;
  const object = readObject(value, 'MinShould');
  required(object, 'conditions');
  if (!Array.isArray(object.conditions)) readList(object.conditions);
  const conditions = violations.within('min_should', () => clause(object, 'conditions', scope));
  const minCount = readInteger(required(object, 'min_count'), 'usize');
  if (minCount === 0) violations.add('min_should.min_count', 'min_count must be greater than 0');
  return { conditions, minCount };
}

type Variant = readonly [key: string, parse: (object: BodyObject, scope: Scope) => Condition];

/** In schema order: the first variant that fits wins. */
const VARIANTS: readonly Variant[] = [
  ['key', fieldCondition],
  ['is_empty', (o) => ({ kind: 'isEmpty', path: payloadField(o.is_empty), expected: true })],
  ['is_null', (o) => ({ kind: 'isNull', path: payloadField(o.is_null), expected: true })],
  ['has_id', (o, scope) => ({ kind: 'hasId', ids: idSet(o.has_id, scope) })],
  ['has_vector', (o) => ({ kind: 'hasVector', name: readString(o.has_vector) })],
  ['slice', refuse('the filter condition `slice`')],
  ['nested', nestedCondition],
];

function parseCondition(value: BodyValue, scope: Scope): Condition {
  if (!isObject(value)) throw noVariant('Condition');
  if (++scope.size.conditions > FILTER_CONDITIONS_MAX) {
    throw badRequest(`Filter has more than ${FILTER_CONDITIONS_MAX} conditions`);
  }
  let failure: SextantError | null = null;
  for (const [key, parse] of VARIANTS) {
    if (value[key] === undefined) continue;
    try {
      return parse(value, scope);
    } catch (error) {
      if (!(error instanceof SextantError) || error.kind !== 'jsonFormat') throw error;
      failure ??= error;
    }
  }
  if (failure !== null) throw noVariant('Condition', failure.message);
  return { kind: 'filter', filter: readFilter(value, below(scope)) };
}

function refuse(feature: string): () => never {
  return () => {
    throw notImplemented(feature);
  };
}

const payloadField = (value: BodyValue | undefined): PayloadPath =>
  readPath(required(readObject(value, 'PayloadField'), 'key'));

export function parseIds(value: BodyValue | undefined): PointId[] {
  return readList(value).map(parsePointId);
}

function idSet(value: BodyValue | undefined, scope: Scope): ReadonlySet<PointId> {
  const list = readList(value);
  countValues(list, scope);
  return new Set(list.map(parsePointId));
}

function countValues(list: readonly BodyValue[], { size }: Scope): void {
  size.values += list.length;
  if (size.values > FILTER_VALUES_MAX) throw badRequest(`Filter lists more than ${FILTER_VALUES_MAX} values`);
}

/** The path of a nested condition names the array; its elements are meant. */
function nestedCondition(object: BodyObject, scope: Scope): Condition {
  const nested = readObject(object.nested, 'Nested');
  const path = readPath(required(nested, 'key'));
  const ends = path.steps.at(-1)!.kind === 'all';
  const filter = scope.violations.within('nested.filter', () =>
    readFilter(required(nested, 'filter'), below(scope)),
  );
  return {
    kind: 'nested',
    path: ends ? path : { text: `${path.text}[]`, steps: [...path.steps, { kind: 'all' }] },
    filter,
  };
}

/** One predicate, or several that are OR-ed; `values_count`, `is_empty` and `is_null` come first. */
function fieldCondition(object: BodyObject, scope: Scope): Condition {
  const path = readPath(object.key);
  const conditions: Condition[] = [];
  if (!isAbsent(object.values_count)) {
    conditions.push({ kind: 'valuesCount', path, bounds: countBounds(object.values_count) });
  }
  const isEmpty = optionalBool(object, 'is_empty');
  if (isEmpty !== null) conditions.push({ kind: 'isEmpty', path, expected: isEmpty });
  const isNull = optionalBool(object, 'is_null');
  if (isNull !== null) conditions.push({ kind: 'isNull', path, expected: isNull });
  if (!isAbsent(object.match)) conditions.push(matchCondition(path, object.match, scope));
  if (!isAbsent(object.range)) conditions.push(rangeCondition(path, object.range));
  for (const geo of ['geo_bounding_box', 'geo_radius', 'geo_polygon']) {
    if (!isAbsent(object[geo])) throw notImplemented(`the filter condition \`${geo}\``);
  }
  if (conditions.length === 0) scope.violations.add('', 'At least one field condition must be specified');
  return conditions.length === 1 ? conditions[0]! : { kind: 'anyOf', conditions };
}

const UNBUILT_MATCHES = ['text', 'text_any', 'phrase', 'prefix'];

function matchCondition(path: PayloadPath, value: BodyValue, scope: Scope): Condition {
  const match = readObject(value, 'Match');
  if (isMatchValue(match.value)) return { kind: 'match', path, value: matchValue(match.value) };
  for (const name of UNBUILT_MATCHES) {
    if (typeof match[name] === 'string') throw notImplemented(`the filter condition match \`${name}\``);
  }
  const any = match.any === undefined ? null : anyVariants(match.any, scope);
  if (any !== null) return { kind: 'matchAny', path, values: any };
  const except = match.except === undefined ? null : anyVariants(match.except, scope);
  if (except !== null) return { kind: 'matchExcept', path, values: except };
  throw noVariant('Match');
}

const I64_MAX = (1n << 63n) - 1n;

const isInteger = (value: BodyValue | undefined): value is number | bigint =>
  typeof value === 'number'
    ? Number.isSafeInteger(value)
    : typeof value === 'bigint' && value <= I64_MAX && value >= -I64_MAX - 1n;

const isMatchValue = (value: BodyValue | undefined): value is string | boolean | number | bigint =>
  typeof value === 'string' || typeof value === 'boolean' || isInteger(value);

/** Whole numbers are one value however they are written: -0 is 0. */
const matchValue = <T extends string | boolean | number | bigint>(value: T): T =>
  Object.is(value, -0) ? (0 as T) : value;

/** All strings or all integers, else null. */
function anyVariants(value: BodyValue, scope: Scope): ReadonlySet<string | number | bigint> | null {
  if (!Array.isArray(value)) return null;
  countValues(value, scope);
  if (value.every((item) => typeof item === 'string')) return new Set(value as string[]);
  if (value.every(isInteger)) return new Set((value as (number | bigint)[]).map(matchValue));
  return null;
}

const BOUNDS = ['lt', 'gt', 'lte', 'gte'] as const;

function bounds(value: BodyValue, what: string, read: (bound: BodyValue) => number): RangeBounds {
  const object = readObject(value, what);
  const out: RangeBounds = { lt: null, gt: null, lte: null, gte: null };
  for (const name of BOUNDS) {
    const bound = object[name];
    if (!isAbsent(bound)) out[name] = read(bound);
  }
  return out;
}

const countBounds = (value: BodyValue): RangeBounds =>
  bounds(value, 'ValuesCount', (bound) => readInteger(bound, 'usize'));

/** A range of numbers, or of datetimes when any bound is a text. */
function rangeCondition(path: PayloadPath, value: BodyValue): Condition {
  const object = readObject(value, 'RangeInterface');
  if (BOUNDS.some((name) => typeof object[name] === 'string')) {
    return { kind: 'datetimeRange', path, bounds: bounds(object, 'DatetimeRange', datetimeBound) };
  }
  return { kind: 'range', path, bounds: bounds(object, 'Range', readFloat) };
}

function datetimeBound(value: BodyValue): number {
  const text = readString(value);
  const micros = parseDatetime(text);
  if (micros !== null) return micros;
  throw formatError(
    `'${text.slice(0, 100)}' does not match accepted datetime format (RFC3339). Example: 2014-01-01T00:00:00Z`,
  );
}
