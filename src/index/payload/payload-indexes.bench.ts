/**
 * Figures of the payload indexes over a million synthetic points; run with
 * `npx tsc -p . && node dist/src/index/payload/payload-indexes.bench.js`. Prints one JSON line per figure.
 */
import type { Condition, Filter, RangeBounds } from '../../model/filter.ts';
import type { JsonObject } from '../../model/json.ts';
import { parsePayloadPath } from '../../model/payload-path.ts';
import type { PayloadIndexSchema, PayloadIndexType } from '../../model/payload-schema.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { openPayloadIndexes } from './open-payload-indexes.ts';
import type { FilterContext, PayloadIndexes } from './payload-indexes.ts';

const POINTS = Number(process.argv[2] ?? 1_000_000);

const schema = (type: PayloadIndexType): PayloadIndexSchema => ({
  type,
  params: null,
  lookup: true,
  range: true,
});
const SCHEMAS = new Map<string, PayloadIndexSchema>([
  ['color', schema('keyword')],
  ['user', schema('keyword')],
  ['tags', schema('keyword')],
  ['price', schema('float')],
  ['group', schema('integer')],
  ['sold', schema('bool')],
  ['at', schema('datetime')],
]);

/** Mixes the bits of the slot number, so that values are spread and the run repeats. */
function mixed(slot: number): number {
  const a = Math.imul(slot ^ (slot >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b ^ (b >>> 16)) >>> 0;
}

function payloadOf(slot: number): JsonObject {
  const r = mixed(slot);
  return {
    color: `color-${r % 10}`,
    user: `user-${r % 50_000}`,
    tags: [`tag-${r % 100}`, `tag-${(r >>> 8) % 100}`, `tag-${(r >>> 16) % 100}`],
    price: (r % 100_000) / 100,
    group: r % 1000,
    sold: (r & 7) === 0,
    at: new Date(1.7e12 + (r % 1e6) * 1e6).toISOString(),
  };
}

const bounds = (part: Partial<RangeBounds>): RangeBounds => ({
  lt: null,
  gt: null,
  lte: null,
  gte: null,
  ...part,
});
const must = (...conditions: Condition[]): Filter => ({
  must: conditions,
  should: [],
  mustNot: [],
  minShould: null,
});
const path = parsePayloadPath;
const color: Condition = { kind: 'match', path: path('color'), value: 'color-3' };
const cheap: Condition = { kind: 'range', path: path('price'), bounds: bounds({ lt: 100 }) };
const FILTERS: Record<string, Filter> = {
  'keyword 10%': must(color),
  'keyword 0.002%': must({ kind: 'match', path: path('user'), value: 'user-77' }),
  'keyword any': must({ kind: 'matchAny', path: path('tags'), values: new Set(['tag-1', 'tag-2', 'tag-3']) }),
  'keyword except': must({
    kind: 'matchExcept',
    path: path('color'),
    values: new Set(['color-1', 'color-2']),
  }),
  'tags except': must({ kind: 'matchExcept', path: path('tags'), values: new Set(['tag-1', 'tag-2']) }),
  'range 10%': must(cheap),
  'range 50%': must({ kind: 'range', path: path('price'), bounds: bounds({ gte: 500 }) }),
  'datetime range 1%': must({
    kind: 'datetimeRange',
    path: path('at'),
    bounds: bounds({ lt: 1.7e15 + 1e13 }),
  }),
  'integer match': must({ kind: 'match', path: path('group'), value: 7 }),
  'integer any of 20': must({
    kind: 'matchAny',
    path: path('group'),
    values: new Set(Array.from({ length: 20 }, (_, i) => i * 7)),
  }),
  bool: must({ kind: 'match', path: path('sold'), value: true }),
  'is empty': must({ kind: 'isEmpty', path: path('color'), expected: true }),
  'values count': must({ kind: 'valuesCount', path: path('tags'), bounds: bounds({ gte: 3 }) }),
  'keyword and range, not bool': {
    ...must(color, cheap),
    mustNot: [{ kind: 'match', path: path('sold'), value: true }],
  },
};

const print = (figures: Record<string, unknown>): void =>
  void process.stdout.write(`${JSON.stringify(figures)}\n`);
const round = (value: number): number => Math.round(value * 100) / 100;
const heapMb = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return Math.round((heapUsed + arrayBuffers) / 1e6);
};

function timeMs(run: () => void): number {
  const from = performance.now();
  run();
  return performance.now() - from;
}

/** The fastest of 15 runs: other work on the machine only ever adds. */
function fastest(run: () => void, before = (): void => {}): number {
  const times = Array.from({ length: 15 }, () => {
    before();
    return timeMs(run);
  });
  return Math.min(...times);
}

const context: FilterContext = {
  live: SlotSet.below(POINTS),
  liveCount: POINTS,
  payloadOf,
  slotsOf: () => new Uint32Array(0),
  slotsWithVector: () => null,
  checkpoint: () => {},
};

function measure(indexes: PayloadIndexes, name: string, filter: Filter): void {
  // A change of any point makes what was kept of earlier scans worthless.
  const change = (): void => indexes.put(0, payloadOf(0));
  const firstMs = timeMs(() => indexes.resolveIndexed(filter, context));
  const count = indexes.resolveIndexed(filter, context)!.count();
  const estimate = indexes.estimate(filter, context);
  print({
    filter: name,
    count,
    firstMs: round(firstMs),
    resolveMs: round(fastest(() => indexes.resolveIndexed(filter, context), change)),
    againMs: round(fastest(() => indexes.resolveIndexed(filter, context))),
    estimateMs: round(fastest(() => indexes.estimate(filter, context))),
    ...estimate,
  });
}

const blocks = new Map<string, Uint8Array>();
const store = { get: (key: Uint8Array) => blocks.get(Buffer.from(key).toString('hex')) };
{
  const writer = openPayloadIndexes(SCHEMAS, store, 0);
  const CHUNK = 10_000;
  const spent = new Map<string, number>();
  for (let from = 0; from < POINTS; from += CHUNK) {
    const payloads = Array.from({ length: CHUNK }, (_, i) => payloadOf(from + i));
    for (const field of SCHEMAS.keys()) {
      const ms = timeMs(() => {
        for (let i = 0; i < CHUNK; i++) writer.put(from + i, payloads[i]!, field);
      });
      spent.set(field, (spent.get(field) ?? 0) + ms);
    }
  }
  for (const [field, ms] of spent) print({ put: field, pointsPerSecond: Math.round((POINTS / ms) * 1000) });
  const takeMs = timeMs(() => {
    for (const [key, value] of writer.takeDirtyBlocks()) {
      if (value !== null) blocks.set(Buffer.from(key).toString('hex'), Uint8Array.from(value));
    }
  });
  const bytes = [...blocks.values()].reduce((sum, block) => sum + block.length, 0);
  print({ takeDirtyBlocksMs: round(takeMs), blocks: blocks.size, megabytes: round(bytes / 1e6) });
}
const beforeMb = heapMb();
for (const [field, fieldSchema] of SCHEMAS) {
  const one = openPayloadIndexes(new Map([[field, fieldSchema]]), store, POINTS);
  const probe: Record<string, Condition> = {
    keyword: { kind: 'match', path: path(field), value: 'none' },
    bool: { kind: 'match', path: path(field), value: true },
    datetime: { kind: 'datetimeRange', path: path(field), bounds: bounds({ lt: 0 }) },
  };
  const condition = probe[fieldSchema.type] ?? {
    kind: 'range',
    path: path(field),
    bounds: bounds({ lt: 0 }),
  };
  print({ load: field, ms: round(timeMs(() => one.resolveIndexed(must(condition), context))) });
}
const indexes = openPayloadIndexes(SCHEMAS, store, POINTS);
for (const [name, filter] of Object.entries(FILTERS)) measure(indexes, name, filter);
print({ indexMegabytes: heapMb() - beforeMb });
