import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Filter, RangeBounds, Scalar } from '../../model/filter.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import { jsonText } from '../../model/json-text.ts';
import { parsePayload } from '../../model/payload.ts';
import { parsePayloadPath } from '../../model/payload-path.ts';
import {
  PAYLOAD_INDEX_TYPES,
  type PayloadIndexSchema,
  type PayloadIndexType,
} from '../../model/payload-schema.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { matchesFilter } from './matches.ts';
import { openPayloadIndexes } from './open-payload-indexes.ts';
import type { BlockReader, FilterContext, PayloadIndexes } from './payload-indexes.ts';

const SLOTS = 40;
const SLOT_COUNT = 3 * 5000;
/** Slots are spread, so that blocks are missing, partly filled and more than one. */
const slotAt = (i: number): number => (i % 3) * 5000 + i;

const schema = (type: PayloadIndexType): PayloadIndexSchema => ({
  type,
  params: null,
  lookup: true,
  range: true,
});

/** Values on which an index and the predicate agree: no uuid in upper case, no null in arrays, no fractions. */
const BIG = 9007199254740993n;
const scalars = fc.constantFrom<Json>(
  null,
  true,
  false,
  0,
  1,
  2,
  3,
  -1,
  BIG,
  -BIG,
  BIG + 1n,
  'a',
  'b',
  'ab',
  '',
  '日本',
  '\ud800',
  '2024-01-01',
  '2024-01-02T00:00:00Z',
  '00000000-0000-0000-0000-000000000001',
  '00000000-0000-0000-0000-000000000002',
);
const notNull = scalars.filter((value) => value !== null);
const fieldValue = fc.oneof(
  { weight: 6, arbitrary: scalars },
  { weight: 3, arbitrary: fc.array(notNull, { maxLength: 4 }) },
  { weight: 1, arbitrary: fc.constant<Json>({ a: 1 }) },
);
const element = fc.dictionary(fc.constantFrom('x', 'y'), fieldValue, { maxKeys: 2, noNullPrototype: false });
const payload: fc.Arbitrary<JsonObject | null> = fc.option(
  fc
    .record(
      {
        f: fieldValue,
        g: fieldValue,
        n: fc.oneof(fc.array(fc.oneof(element, fieldValue), { maxLength: 3 }), element),
      },
      { requiredKeys: [] },
    )
    .map((value) => parsePayload(Buffer.from(jsonText(value as JsonObject)))),
  { freq: 8 },
);

const numbers = [-1, 0, 1, 2, 3, 9007199254740992];
const bound = fc.option(fc.constantFrom(...numbers), { freq: 1 });
const bounds: fc.Arbitrary<RangeBounds> = fc.record({ lt: bound, gt: bound, lte: bound, gte: bound });
const day = 86_400e6;
const date = fc.option(fc.constantFrom(1704067200e6, 1704067200e6 + day, 1704067200e6 + 1), { freq: 1 });
const dates: fc.Arbitrary<RangeBounds> = fc.record({ lt: date, gt: date, lte: date, gte: date });
const strings = ['a', 'b', 'ab', 'c', '', '日本', '00000000-0000-0000-0000-000000000001'];
const integers = [0, 1, 2, 5, BIG, BIG - 1n, -BIG];
const set = fc
  .oneof(fc.subarray<string | number | bigint>(strings), fc.subarray<string | number | bigint>(integers))
  .map((list) => new Set(list));

function conditions(names: string[], depth: number): fc.Arbitrary<Condition> {
  const path = fc.constantFrom(...names).map(parsePayloadPath);
  const leaves: fc.Arbitrary<Condition>[] = [
    fc.record({
      kind: fc.constant('match' as const),
      path,
      value: fc.constantFrom<Scalar>(...strings, ...integers, true, false),
    }),
    fc.record({ kind: fc.constant('matchAny' as const), path, values: set }),
    fc.record({ kind: fc.constant('matchExcept' as const), path, values: set }),
    fc.record({ kind: fc.constant('range' as const), path, bounds }),
    fc.record({ kind: fc.constant('datetimeRange' as const), path, bounds: dates }),
    fc.record({ kind: fc.constant('valuesCount' as const), path, bounds }),
    fc.record({ kind: fc.constant('isEmpty' as const), path, expected: fc.boolean() }),
    fc.record({ kind: fc.constant('isNull' as const), path, expected: fc.boolean() }),
    fc.record({
      kind: fc.constant('hasId' as const),
      ids: fc.subarray([1, 2, 3, 4, 5, 6]).map((ids) => new Set(ids)),
    }),
    fc.record({ kind: fc.constant('hasVector' as const), name: fc.constantFrom('even', 'unknown') }),
  ];
  if (depth === 0) return fc.oneof(...leaves);
  return fc.oneof(
    { weight: 6, arbitrary: fc.oneof(...leaves) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('filter' as const), filter: filters(names, depth - 1) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('anyOf' as const),
        conditions: fc.array(conditions(names, depth - 1), { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('nested' as const),
        path: fc.constant(parsePayloadPath('n[]')),
        filter: filters(['x', 'y', 'x[]'], depth - 1),
      }),
    },
  );
}

function filters(names: string[], depth: number): fc.Arbitrary<Filter> {
  const list = fc.array(conditions(names, depth), { maxLength: 2 });
  return fc.record({
    must: list,
    should: list,
    mustNot: list,
    minShould: fc.option(
      fc.record({
        conditions: fc.array(conditions(names, depth), { maxLength: 4 }),
        minCount: fc.integer({ min: 1, max: 3 }),
      }),
      { freq: 3 },
    ),
  });
}

class Store implements BlockReader {
  readonly blocks = new Map<string, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    return this.blocks.get(Buffer.from(key).toString('hex'));
  }

  take(indexes: PayloadIndexes): void {
    for (const [key, value] of indexes.takeDirtyBlocks()) {
      if (value === null) this.blocks.delete(Buffer.from(key).toString('hex'));
      else this.blocks.set(Buffer.from(key).toString('hex'), Uint8Array.from(value));
    }
  }
}

function contextOf(points: ReadonlyMap<number, JsonObject | null>): FilterContext {
  const live = SlotSet.of(points.keys());
  return {
    live,
    liveCount: points.size,
    payloadOf: (slot) => points.get(slot)!,
    slotsOf: (ids) =>
      Uint32Array.from([...ids].map((id) => slotAt(Number(id))).filter((slot) => points.has(slot))),
    slotsWithVector: (name) =>
      name === 'even' ? SlotSet.of([...points.keys()].filter((slot) => slot % 2 === 0)) : null,
    checkpoint: () => {},
  };
}

function expected(filter: Filter, points: ReadonlyMap<number, JsonObject | null>): number[] {
  const matching = [...points].filter(([slot, at]) =>
    matchesFilter(filter, at, {
      hasId: (ids) => [...ids].some((id) => slotAt(Number(id)) === slot),
      hasVector: (name) => name === 'even' && slot % 2 === 0,
    }),
  );
  return matching.map(([slot]) => slot).sort((a, b) => a - b);
}

async function check(
  indexes: PayloadIndexes,
  filter: Filter,
  points: ReadonlyMap<number, JsonObject | null>,
): Promise<void> {
  const context = contextOf(points);
  const want = expected(filter, points);
  const { min, expected: guess, max } = indexes.estimate(filter, context);
  expect(min).toBeLessThanOrEqual(want.length);
  expect(max).toBeGreaterThanOrEqual(want.length);
  expect(guess).toBeGreaterThanOrEqual(min);
  expect(guess).toBeLessThanOrEqual(max);
  expect([...(await indexes.resolve(filter, context))]).toEqual(want);
  const indexed = indexes.resolveIndexed(filter, context);
  if (indexed !== null) expect([...indexed]).toEqual(want);
}

const types = fc.constantFrom(...PAYLOAD_INDEX_TYPES);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), at: fc.nat(SLOTS - 1), payload }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat(SLOTS - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('store' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('check' as const),
      filter: filters(['f', 'g', 'n[].x', 'n[0].x', '"f"'], 2),
    }),
  },
);

describe('payload indexes', () => {
  it('agree with the predicate through updates, removals and reopening', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ f: types, 'n[].x': types }),
        fc.array(payload, { minLength: SLOTS, maxLength: SLOTS }),
        fc.array(step, { minLength: 5, maxLength: 15 }),
        filters(['f', 'g', 'n[].x'], 2),
        async (fields, payloads, steps, last) => {
          const schemas = new Map(Object.entries(fields).map(([path, type]) => [path, schema(type)]));
          const store = new Store();
          let indexes = openPayloadIndexes(schemas, store, 0);
          const points = new Map<number, JsonObject | null>();
          const put = (i: number, value: JsonObject | null): void => {
            points.set(slotAt(i), value);
            indexes.put(slotAt(i), value);
          };
          for (const [i, value] of payloads.entries()) put(i, value);
          for (const action of steps) {
            if (action.kind === 'put') put(action.at, action.payload);
            else if (action.kind === 'check') await check(indexes, action.filter, points);
            else if (action.kind === 'remove') {
              points.delete(slotAt(action.at));
              indexes.remove(slotAt(action.at));
            } else {
              store.take(indexes);
              if (action.kind === 'reopen') indexes = openPayloadIndexes(schemas, store, SLOT_COUNT);
            }
          }
          await check(indexes, last, points);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('agree with the predicate on each kind of condition after each update of few points', {
    timeout: 60_000,
  }, async () => {
    const update = fc.record({ at: fc.nat(5), value: fc.option(fieldValue, { freq: 5 }) });
    const round = fc.record({
      updates: fc.array(update, { minLength: 1, maxLength: 4 }),
      asked: fc.array(conditions(['f'], 0), { minLength: 1, maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(types, fc.array(round, { minLength: 3, maxLength: 10 }), async (type, rounds) => {
        const indexes = openPayloadIndexes(new Map([['f', schema(type)]]), new Store(), 0);
        const points = new Map<number, JsonObject | null>();
        for (const { updates, asked } of rounds) {
          for (const { at, value } of updates) {
            const slot = slotAt(at);
            if (value === null) points.delete(slot);
            else points.set(slot, parsePayload(Buffer.from(jsonText({ f: value }))));
            if (value === null) indexes.remove(slot);
            else indexes.put(slot, points.get(slot)!);
          }
          for (const condition of asked) {
            await check(indexes, { must: [condition], should: [], mustNot: [], minShould: null }, points);
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
