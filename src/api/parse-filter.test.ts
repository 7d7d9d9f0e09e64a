import { describe, expect, it } from 'vitest';
import { outcome, scanned } from '../../test/harness/scan.ts';
import type { Condition } from '../model/filter.ts';
import { FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, FILTER_VALUES_MAX, parseFilter } from './parse-filter.ts';
import { parseBody } from './parse-points.ts';

const filter = (text: string) => outcome(() => parseBody(scanned(text), parseFilter));
/** The one condition of `must`, or the error. */
const condition = (text: string): Condition | string => {
  const parsed = filter(`{"must":[${text}]}`);
  return typeof parsed === 'string' ? parsed : parsed.must[0]!;
};
const path = (text: string) => ({ text, steps: expect.any(Array) });
const none = { lt: null, gt: null, lte: null, gte: null };
const empty = { must: [], should: [], mustNot: [], minShould: null };

describe('filters', () => {
  it('take each clause as a list, one condition, null or nothing', () => {
    const one = { kind: 'hasVector', name: 'v' };
    const text = '{"has_vector":"v"}';
    expect(filter('{}')).toEqual(empty);
    expect(filter('{"must":null,"should":[],"must_not":null,"min_should":null}')).toEqual(empty);
    expect(filter(`{"must":${text}}`)).toEqual({ ...empty, must: [one] });
    expect(filter(`{"should":[${text},${text}]}`)).toEqual({ ...empty, should: [one, one] });
    expect(filter(`{"must_not":${text}}`)).toEqual({ ...empty, mustNot: [one] });
    expect(filter(`{"min_should":{"conditions":[${text}],"min_count":1}}`)).toEqual({
      ...empty,
      minShould: { conditions: [one], minCount: 1 },
    });
  });

  it.each<[string, string]>([
    ['[]', 'jsonFormat: invalid type: sequence, expected struct Filter'],
    ['5', 'jsonFormat: invalid type: integer `5`, expected struct Filter'],
    [
      '{"mast":[]}',
      'jsonFormat: unknown field `mast`, expected one of `should`, `min_should`, `must`, `must_not`',
    ],
    [
      '{"__proto__":[]}',
      'jsonFormat: unknown field `__proto__`, expected one of `should`, `min_should`, `must`, `must_not`',
    ],
    ['{"must":[1]}', 'jsonFormat: data did not match any variant of untagged enum Condition'],
    ['{"must":"x"}', 'jsonFormat: data did not match any variant of untagged enum Condition'],
    ['{"min_should":{"conditions":[]}}', 'jsonFormat: missing field `min_count`'],
    ['{"min_should":{"min_count":1}}', 'jsonFormat: missing field `conditions`'],
    ['{"min_should":{"conditions":{},"min_count":1}}', 'jsonFormat: invalid type: map, expected a sequence'],
    [
      '{"min_should":{"conditions":[],"min_count":-1}}',
      'jsonFormat: invalid value: integer `-1`, expected usize',
    ],
    [
      '{"min_should":{"conditions":[],"min_count":0}}',
      'validation: Validation error in JSON body: [min_should.min_count: min_count must be greater than 0]',
    ],
  ])('%s is refused', (text, error) => {
    expect(filter(text)).toBe(error);
  });

  it(`are nested up to ${FILTER_DEPTH_MAX} deep`, () => {
    const nested = (depth: number): string => (depth === 1 ? '{}' : `{"must":${nested(depth - 1)}}`);
    expect(filter(nested(FILTER_DEPTH_MAX))).toBeTypeOf('object');
    expect(filter(nested(FILTER_DEPTH_MAX + 1))).toMatch(/^badRequest: .*deeper than 64/);
    const inElement = (depth: number): string =>
      depth === 1 ? '{}' : `{"must":{"nested":{"key":"a","filter":${inElement(depth - 1)}}}}`;
    expect(filter(inElement(40))).toBeTypeOf('object');
    expect(filter(`{"must":[`.repeat(10_000) + ']}'.repeat(10_000))).toMatch(/^jsonFormat: /);
  });
});

describe('the size of a filter', () => {
  it('is bounded in conditions, over all levels', () => {
    const many = (count: number): string =>
      Array.from({ length: count }, () => '{"has_vector":""}').join(',');
    const half = FILTER_CONDITIONS_MAX / 2;
    expect(filter(`{"must":[${many(half)}],"should":{"must":[${many(half - 1)}]}}`)).toBeTypeOf('object');
    expect(filter(`{"must":[${many(half)}],"should":{"must":[${many(half)}]}}`)).toMatch(
      /^badRequest: Filter has more than 10000 conditions/,
    );
  });

  it('is bounded in listed values', () => {
    const list = (count: number): string => `[${Array.from({ length: count }, (_, i) => i).join(',')}]`;
    const half = FILTER_VALUES_MAX / 2;
    const both = (extra: number): string =>
      `{"must":[{"has_id":${list(half)}},{"key":"a","match":{"any":${list(half + extra)}}}]}`;
    expect(filter(both(0))).toBeTypeOf('object');
    expect(filter(both(1))).toMatch(/^badRequest: Filter lists more than 250000 values/);
  });
});

describe('conditions', () => {
  it.each<[string, unknown]>([
    [
      '{"has_id":[1,"550e8400-e29b-41d4-a716-446655440000",18446744073709551615]}',
      {
        kind: 'hasId',
        ids: new Set([1, '550e8400-e29b-41d4-a716-446655440000', 18446744073709551615n]),
      },
    ],
    ['{"has_vector":""}', { kind: 'hasVector', name: '' }],
    ['{"is_empty":{"key":"a.b"}}', { kind: 'isEmpty', path: path('a.b'), expected: true }],
    ['{"is_null":{"key":"a"}}', { kind: 'isNull', path: path('a'), expected: true }],
    ['{"key":"a","is_empty":false}', { kind: 'isEmpty', path: path('a'), expected: false }],
    ['{"key":"a","is_null":true,"match":null}', { kind: 'isNull', path: path('a'), expected: true }],
    ['{"key":"a","match":{"value":"x"}}', { kind: 'match', path: path('a'), value: 'x' }],
    ['{"key":"a","match":{"value":-0}}', { kind: 'match', path: path('a'), value: 0 }],
    ['{"key":"a","match":{"value":true}}', { kind: 'match', path: path('a'), value: true }],
    [
      '{"key":"a","match":{"value":9223372036854775807}}',
      {
        kind: 'match',
        path: path('a'),
        value: 9223372036854775807n,
      },
    ],
    [
      '{"key":"a","match":{"any":["x","y"]}}',
      { kind: 'matchAny', path: path('a'), values: new Set(['x', 'y']) },
    ],
    ['{"key":"a","match":{"any":[]}}', { kind: 'matchAny', path: path('a'), values: new Set() }],
    [
      '{"key":"a","match":{"except":[1,2]}}',
      { kind: 'matchExcept', path: path('a'), values: new Set([1, 2]) },
    ],
    ['{"key":"a","range":{}}', { kind: 'range', path: path('a'), bounds: none }],
    [
      '{"key":"a","range":{"gte":-1.5,"lt":null}}',
      { kind: 'range', path: path('a'), bounds: { ...none, gte: -1.5 } },
    ],
    [
      '{"key":"a","range":{"lt":"1970-01-01T00:00:01Z"}}',
      {
        kind: 'datetimeRange',
        path: path('a'),
        bounds: { ...none, lt: 1e6 },
      },
    ],
    [
      '{"key":"a","values_count":{"gt":0,"other":1}}',
      {
        kind: 'valuesCount',
        path: path('a'),
        bounds: { ...none, gt: 0 },
      },
    ],
    [
      '{"key":"a","values_count":{"lte":18446744073709551615}}',
      {
        kind: 'valuesCount',
        path: path('a'),
        bounds: { ...none, lte: Number.MAX_SAFE_INTEGER },
      },
    ],
    ['{"must":[]}', { kind: 'filter', filter: empty }],
    ['{"nested":{"key":"a","filter":{}}}', { kind: 'nested', path: path('a[]'), filter: empty }],
    ['{"nested":{"key":"a[]","filter":{}}}', { kind: 'nested', path: path('a[]'), filter: empty }],
  ])('%s', (text, expected) => {
    expect(condition(text)).toEqual(expected);
  });

  it('of one field are OR-ed, those on the shape first', () => {
    expect(condition('{"key":"a","match":{"value":1},"is_null":true,"values_count":{"gt":1}}')).toMatchObject(
      {
        kind: 'anyOf',
        conditions: [{ kind: 'valuesCount' }, { kind: 'isNull' }, { kind: 'match' }],
      },
    );
  });

  it('take the first variant of the schema that fits', () => {
    expect(condition('{"key":5,"has_id":[1]}')).toMatchObject({ kind: 'hasId' });
    expect(condition('{"key":"a","is_null":true,"has_id":[1]}')).toMatchObject({ kind: 'isNull' });
  });

  it('without a predicate are refused by field', () => {
    expect(condition('{"key":"a"}')).toBe(
      'validation: Validation error in JSON body: [must[0]: At least one field condition must be specified]',
    );
    expect(
      filter('{"should":[{"has_vector":""},{"nested":{"key":"a","filter":{"must":{"key":"b"}}}}]}'),
    ).toBe(
      'validation: Validation error in JSON body: [should[1].nested.filter.must: At least one field condition must be specified]',
    );
  });

  it.each([
    '{"key":1}',
    '{"key":null}',
    '{"key":"a..b","is_null":true}',
    '{"key":"","is_null":true}',
    '{"key":"a","is_null":1}',
    '{"key":"a","match":5}',
    '{"key":"a","match":{}}',
    '{"key":"a","match":{"value":1.5}}',
    '{"key":"a","match":{"value":null}}',
    '{"key":"a","match":{"value":9223372036854775808}}',
    '{"key":"a","match":{"value":-9223372036854775809}}',
    '{"key":"a","match":{"any":"x"}}',
    '{"key":"a","match":{"any":["x",1]}}',
    '{"key":"a","match":{"any":[1.5]}}',
    '{"key":"a","match":{"any":[true]}}',
    '{"key":"a","match":{"text":5}}',
    '{"key":"a","range":[]}',
    '{"key":"a","range":{"lt":true}}',
    '{"key":"a","range":{"lt":"soon"}}',
    '{"key":"a","range":{"lt":"2024-01-01","gt":5}}',
    '{"key":"a","values_count":{"lt":-1}}',
    '{"key":"a","values_count":{"lt":1.5}}',
    '{"has_id":1}',
    '{"has_id":[-1]}',
    '{"has_id":[1.5]}',
    '{"has_id":["x"]}',
    '{"has_vector":1}',
    '{"is_empty":"a"}',
    '{"is_null":{}}',
    '{"nested":{"key":"a"}}',
    '{"nested":{"filter":{}}}',
  ])('%s has the wrong shape', (text) => {
    expect(condition(text)).toMatch(
      /^jsonFormat: data did not match any variant of untagged enum Condition: ./,
    );
  });

  it.each([
    ['{"slice":{"total":2,"index":0}}', 'slice'],
    ['{"key":"a","match":{"text":"x"}}', 'text'],
    ['{"key":"a","match":{"text_any":"x"}}', 'text_any'],
    ['{"key":"a","match":{"phrase":"x"}}', 'phrase'],
    ['{"key":"a","match":{"prefix":"x"}}', 'prefix'],
    ['{"key":"a","geo_radius":{}}', 'geo_radius'],
    ['{"key":"a","geo_bounding_box":{}}', 'geo_bounding_box'],
    ['{"key":"a","geo_polygon":{}}', 'geo_polygon'],
  ])('%s is refused as not built', (text, feature) => {
    expect(condition(text)).toMatch(new RegExp(`^notImplemented: .*\`${feature}\` is not supported`));
  });
});
