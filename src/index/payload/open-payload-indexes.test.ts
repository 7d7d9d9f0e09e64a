import { describe, expect, it } from 'vitest';
import { SextantError } from '../../model/errors.ts';
import type { Condition, Filter, RangeBounds, Scalar } from '../../model/filter.ts';
import type { JsonObject } from '../../model/json.ts';
import { parsePayload } from '../../model/payload.ts';
import { parsePayloadPath } from '../../model/payload-path.ts';
import type { PayloadIndexSchema, PayloadIndexType } from '../../model/payload-schema.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { matchesFilter, NO_POINT } from './matches.ts';
import { openPayloadIndexes } from './open-payload-indexes.ts';
import type { BlockReader, FilterContext, PayloadIndexes } from './payload-indexes.ts';

const schema = (type: PayloadIndexType): PayloadIndexSchema => ({
  type,
  params: null,
  lookup: true,
  range: true,
});
const NOTHING: BlockReader = { get: () => undefined };
const path = parsePayloadPath('f');
const must = (...conditions: Condition[]): Filter => ({
  must: conditions,
  should: [],
  mustNot: [],
  minShould: null,
});
const match = (value: Scalar, at = 'f'): Filter => must({ kind: 'match', path: parsePayloadPath(at), value });
const bounds = (part: Partial<RangeBounds>): RangeBounds => ({
  lt: null,
  gt: null,
  lte: null,
  gte: null,
  ...part,
});
const payloads = (...values: string[]): JsonObject[] =>
  values.map((value) => parsePayload(Buffer.from(`{"f":${value}}`)));

function indexed(type: PayloadIndexType, points: readonly JsonObject[]): PayloadIndexes {
  const indexes = openPayloadIndexes(new Map([['f', schema(type)]]), NOTHING, 0);
  for (const [slot, payload] of points.entries()) indexes.put(slot, payload);
  return indexes;
}

function contextOf(points: readonly JsonObject[], part: Partial<FilterContext> = {}): FilterContext {
  return {
    live: SlotSet.below(points.length),
    liveCount: points.length,
    payloadOf: (slot) => points[slot]!,
    slotsOf: () => new Uint32Array(0),
    slotsWithVector: () => null,
    checkpoint: () => {},
    ...part,
  };
}

/** Slots by the index (which must know exactly) and by the plain meaning. */
function both(type: PayloadIndexType, points: readonly JsonObject[], filter: Filter): [number[], number[]] {
  const found = indexed(type, points).resolveIndexed(filter, contextOf(points));
  expect(found).not.toBeNull();
  const plain = [...points.keys()].filter((slot) => matchesFilter(filter, points[slot]!, NO_POINT));
  return [[...found!], plain];
}

describe('an index and the plain meaning differ, as the reference says,', () => {
  it('on null inside an array', () => {
    const points = payloads('null', '[1,null]', '[]', '1');
    expect(both('integer', points, must({ kind: 'isNull', path, expected: true }))).toEqual([[0, 1], [0]]);
    expect(both('integer', points, must({ kind: 'isNull', path, expected: false }))).toEqual([
      [2, 3],
      [1, 2, 3],
    ]);
  });

  it('on values of another type, which an index skips', () => {
    const points = payloads('1.5', '1', '"1"', '[0.5,2]');
    expect(both('integer', points, must({ kind: 'range', path, bounds: bounds({ gt: 0 }) }))).toEqual([
      [1, 3],
      [0, 1, 3],
    ]);
  });

  it('on how a uuid is spelled', () => {
    const points = payloads(
      '"5A1FB1D0-0000-0000-0000-00000000000A"',
      '"5a1fb1d000000000000000000000000a"',
      '"other"',
    );
    const filter = match('5a1fb1d0-0000-0000-0000-00000000000a');
    expect(both('uuid', points, filter)).toEqual([[0, 1], []]);
  });
});

describe('an index and the plain meaning agree', () => {
  it('on 1 and 1.0', () => {
    expect(both('integer', payloads('1.0', '1', '1e0', 'true'), match(1))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it('on except: missing, null and [] never match, other types count as outside', () => {
    const points = [
      ...payloads('"a"', '["a","b"]', 'null', '[]', '5', '{}', '[null]', '["a",5]'),
      parsePayload(Buffer.from('{}')),
    ];
    const except = (...values: string[]): Filter =>
      must({ kind: 'matchExcept', path, values: new Set(values) });
    expect(both('keyword', points, except('a'))).toEqual([
      [1, 4, 5, 7],
      [1, 4, 5, 7],
    ]);
    expect(both('keyword', points, except())).toEqual([
      [0, 1, 4, 5, 7],
      [0, 1, 4, 5, 7],
    ]);
  });

  it('on any of nothing, which matches nothing', () => {
    const filter = must({ kind: 'matchAny', path: parsePayloadPath('not.indexed'), values: new Set() });
    expect(both('keyword', payloads('"a"'), filter)).toEqual([[], []]);
  });

  it('on values_count: arrays, scalars, null and missing', () => {
    const points = [
      ...payloads('[1,2]', '{}', 'null', '[]', `[${'0,'.repeat(299)}0]`),
      parsePayload(Buffer.from('{}')),
    ];
    const count = (part: Partial<RangeBounds>): Filter =>
      must({ kind: 'valuesCount', path, bounds: bounds(part) });
    const indexes = indexed('integer', points);
    expect([...indexes.resolveIndexed(count({ lt: 1 }), contextOf(points.slice(0, 4)))!]).toEqual([2, 3]);
    expect(indexes.resolveIndexed(count({ gt: 299 }), contextOf(points))).toBeNull();
    return expect(
      indexes.resolve(count({ gt: 299 }), contextOf(points)).then((set) => [...set]),
    ).resolves.toEqual([4]);
  });
});

describe('payload indexes', () => {
  it('use a created index only once it is finished', async () => {
    const points = payloads('"a"', '"b"');
    const indexes = openPayloadIndexes(new Map(), NOTHING, 0);
    indexes.create('f', schema('keyword'));
    indexes.put(0, points[0]!, 'f');
    expect(indexes.fields.get('f')!.ready).toBe(false);
    expect(indexes.resolveIndexed(match('b'), contextOf(points))).toBeNull();
    expect([...(await indexes.resolve(match('b'), contextOf(points)))]).toEqual([1]);
    indexes.put(1, points[1]!, 'f');
    indexes.finish('f');
    expect([...indexes.resolveIndexed(match('b'), contextOf(points))!]).toEqual([1]);
    expect(indexes.fields.get('f')!.points()).toBe(2);
  });

  it('forget what a dropped index stored, also when it is made again', () => {
    const stored = new Map<string, Uint8Array>();
    const store: BlockReader = { get: (key) => stored.get(Buffer.from(key).toString('hex')) };
    const take = (from: PayloadIndexes): void => {
      for (const [key, value] of from.takeDirtyBlocks()) {
        expect(key).toHaveLength(12);
        if (value === null) stored.delete(Buffer.from(key).toString('hex'));
        else stored.set(Buffer.from(key).toString('hex'), Uint8Array.from(value));
      }
    };
    const first = openPayloadIndexes(new Map([['f', schema('keyword')]]), store, 0);
    for (let slot = 0; slot < 10_000; slot++) first.put(slot, payloads('"a"')[0]!);
    take(first);
    expect(stored.size).toBe(4);
    const second = openPayloadIndexes(new Map([['f', schema('keyword')]]), store, 10_000);
    expect(second.fields.get('f')!.points()).toBe(10_000);
    second.drop('f');
    second.create('f', schema('integer'));
    second.put(0, payloads('7')[0]!);
    second.finish('f');
    expect(second.fields.get('f')!.points()).toBe(1);
    take(second);
    expect(stored.size).toBe(2);
    second.drop('f');
    take(second);
    expect(stored.size).toBe(0);
    expect([...second.takeDirtyBlocks()]).toEqual([]);
  });

  it('are building when the store has no header for slots that there are', () => {
    const indexes = openPayloadIndexes(new Map([['f', schema('keyword')]]), NOTHING, 5);
    expect(indexes.fields.get('f')!.ready).toBe(false);
  });

  it('name the field whose stored block is damaged', () => {
    const writer = indexed('keyword', payloads('"a"'));
    const blocks = new Map(
      [...writer.takeDirtyBlocks()].map(([key, value]) => [
        Buffer.from(key).toString('hex'),
        Uint8Array.from(value!),
      ]),
    );
    const store: BlockReader = { get: (key) => blocks.get(Buffer.from(key).toString('hex')) };
    for (const [key, value] of blocks) blocks.set(key, key.endsWith('ffffffff') ? value : value.with(5, 99));
    const indexes = openPayloadIndexes(new Map([['f', schema('keyword')]]), store, 1);
    const run = () => indexes.resolveIndexed(match('a'), contextOf(payloads('"a"')));
    expect(run).toThrow(expect.objectContaining({ kind: 'unavailable' }));
    expect(run).toThrow('payload index f, block 0 is damaged on disk (checksum)');
  });

  it('let the event loop run while they test many payloads, and skip points that died meanwhile', async () => {
    const points = Array.from({ length: 1000 }, () => payloads('"a"')[0]!);
    let nowMs = 0;
    let pauses = 0;
    const clock = { monotonicMs: () => nowMs++, wallMs: () => 0, after: () => () => {} };
    const context = contextOf(points);
    const pause = async (): Promise<void> => {
      pauses++;
      context.live.delete(999);
    };
    const indexes = openPayloadIndexes(new Map(), NOTHING, 0, { clock, pause });
    const found = await indexes.resolve(match('a'), context);
    expect(found.count()).toBe(999);
    expect(pauses).toBeGreaterThan(3);
  });

  it('stop when the request is over', async () => {
    const points = payloads('"a"', '"a"');
    let asked = 0;
    const checkpoint = (): void => {
      if (asked++ > 0) throw new SextantError('timeout', 'too long');
    };
    const clock = { monotonicMs: () => asked * 1000, wallMs: () => 0, after: () => () => {} };
    const indexes = openPayloadIndexes(new Map(), NOTHING, 0, { clock, pause: async () => {} });
    const twice = must(match('a').must[0]!, match('a').must[0]!);
    await expect(indexes.resolve(twice, contextOf(points, { checkpoint }))).rejects.toThrow('too long');
  });

  it('reuse a scan until a point changes', () => {
    const points = payloads('1', '2');
    const indexes = indexed('integer', points);
    expect([...indexes.resolveIndexed(match(1), contextOf(points))!]).toEqual([0]);
    indexes.put(1, points[0]!);
    expect([...indexes.resolveIndexed(match(1), contextOf(points))!]).toEqual([0, 1]);
    indexes.remove(0);
    expect([...indexes.resolveIndexed(match(1), contextOf(points))!]).toEqual([1]);
  });

  it('narrow a nested filter by the index of the element field', () => {
    const points = [
      '{"rows":[{"x":"a","y":1},{"x":"b","y":2}]}',
      '{"rows":[{"x":"c","y":2}]}',
      '{"rows":[{"x":"a","y":2}]}',
    ].map((text) => parsePayload(Buffer.from(text)));
    const indexes = openPayloadIndexes(new Map([['rows[].x', schema('keyword')]]), NOTHING, 0);
    for (const [slot, payload] of points.entries()) indexes.put(slot, payload);
    const asked: number[] = [];
    const context = contextOf(points, {
      payloadOf: (slot) => {
        asked.push(slot);
        return points[slot]!;
      },
    });
    const filter = must({
      kind: 'nested',
      path: parsePayloadPath('rows[]'),
      filter: must(match('a', 'x').must[0]!, match(2, 'y').must[0]!),
    });
    return indexes.resolve(filter, context).then((found) => {
      expect([...found]).toEqual([2]);
      expect(asked).toEqual([0, 2]);
    });
  });

  it('do not take what one element lacks for what the point lacks', () => {
    const points = ['{"rows":[{"x":"a"},{"x":"b"}]}', '{"rows":[{"x":"b"}]}'].map((text) =>
      parsePayload(Buffer.from(text)),
    );
    const indexes = openPayloadIndexes(new Map([['rows[].x', schema('keyword')]]), NOTHING, 0);
    for (const [slot, payload] of points.entries()) indexes.put(slot, payload);
    const notB: Filter = { ...must(), mustNot: match('b', 'x').must };
    const filter = must({ kind: 'nested', path: parsePayloadPath('rows[]'), filter: notB });
    expect(indexes.estimate(filter, contextOf(points)).max).toBe(2);
    return expect(indexes.resolve(filter, contextOf(points)).then((set) => [...set])).resolves.toEqual([0]);
  });

  it('take filters and payloads as deep as a request may be', async () => {
    let filter = match('a');
    for (let depth = 0; depth < 128; depth++) {
      filter =
        depth % 2 ? { ...must(), mustNot: [{ kind: 'filter', filter }] } : must({ kind: 'filter', filter });
    }
    const deep = parsePayload(Buffer.from(`{"f":${'[{"f":'.repeat(64)}1${'}]'.repeat(64)}}`));
    const indexes = indexed('keyword', [deep]);
    expect([...(await indexes.resolve(filter, contextOf([deep])))]).toEqual([]);
    expect(matchesFilter(filter, deep, NO_POINT)).toBe(false);
  });

  it('estimate a million points without looking at each', () => {
    const indexes = openPayloadIndexes(
      new Map([
        ['f', schema('integer')],
        ['k', schema('keyword')],
      ]),
      NOTHING,
      0,
    );
    const points = 50_000;
    for (let slot = 0; slot < points; slot++)
      indexes.put(slot, { f: slot % 100, k: slot % 10 === 0 ? 'rare' : 'often' });
    const context = { ...contextOf([]), live: SlotSet.below(points), liveCount: points };
    const tenth = must({ kind: 'range', path, bounds: bounds({ lt: 10 }) });
    expect(indexes.estimate(tenth, context).expected).toBeGreaterThan(3500);
    expect(indexes.estimate(tenth, context).expected).toBeLessThan(6500);
    expect(indexes.estimate(match('rare', 'k'), context)).toEqual({ min: 5000, expected: 5000, max: 5000 });
    const except: Filter = { ...must(), mustNot: match('rare', 'k').must };
    expect(indexes.estimate(except, context)).toEqual({ min: 45_000, expected: 45_000, max: 45_000 });
    const two = [match('rare', 'k').must[0]!, match('often', 'k').must[0]!];
    expect(indexes.estimate({ ...must(), should: two }, context)).toEqual({
      min: 45_000,
      expected: 45_500,
      max: 50_000,
    });
    expect(indexes.estimate(must(...two), context)).toEqual({ min: 0, expected: 4500, max: 5000 });
    const minShould = { conditions: [...two, ...tenth.must], minCount: 2 };
    const { min, max } = indexes.estimate({ ...must(), minShould }, context);
    expect([min, max]).toEqual([0, 50_000]);
    expect(indexes.estimate(match(1, 'unknown'), context)).toEqual({ min: 0, expected: 25_000, max: 50_000 });
  });
});
