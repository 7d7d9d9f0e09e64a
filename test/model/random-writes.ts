import type { Condition, Filter } from '../../src/model/filter.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { parsePayloadPath } from '../../src/model/payload-path.ts';
import type { PayloadIndexSchema, PayloadIndexType } from '../../src/model/payload-schema.ts';
import type { PointId } from '../../src/model/point-id.ts';
import type { NamedVectors } from '../../src/model/vector.ts';
import type { PointsSelector, WriteRequest } from '../../src/model/write.ts';
import type { Random } from '../../src/shared/seeded-random.ts';
import { json } from '../harness/open-test-node.ts';

/** Vector names with their lengths. */
export type Sizes = ReadonlyMap<string, number>;

const IDS: readonly PointId[] = [
  ...Array.from({ length: 120 }, (_, i) => i),
  2 ** 53 - 1,
  2n ** 53n,
  2n ** 64n - 1n,
  ...Array.from({ length: 20 }, (_, i) => `00000000-0000-4000-8000-0000000000${String(i).padStart(2, '0')}`),
];
const WORDS = ['red', 'green', 'blue', 'long '.repeat(60), ''];
const DATES = ['2024-01-01T00:00:00Z', '2025-06-01', '2026-11-23T10:00:00+02:00'];
export const INDEXES: readonly (readonly [path: string, type: PayloadIndexType])[] = [
  ['word', 'keyword'],
  ['n', 'integer'],
  ['n', 'float'],
  ['x', 'float'],
  ['flag', 'bool'],
  ['at', 'datetime'],
  ['list[]', 'integer'],
  ['inner.word', 'keyword'],
];

export const below = (random: Random, limit: number): number => Math.floor(random() * limit);
export const pick = <T>(random: Random, items: readonly T[]): T => items[below(random, items.length)]!;
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

export const randomIds = (random: Random, max: number): PointId[] =>
  times(1 + below(random, max), () => pick(random, IDS));

export const randomVector = (random: Random, size: number): Float32Array =>
  Float32Array.from({ length: size }, () => Math.fround(random() * 4 - 2));

function randomVectors(random: Random, sizes: Sizes, share: number): NamedVectors {
  const vectors: NamedVectors = new Map();
  for (const [name, size] of sizes) if (random() < share) vectors.set(name, randomVector(random, size));
  return vectors;
}

function randomPayload(random: Random): JsonObject {
  const payload: JsonObject = {};
  if (random() < 0.7) payload.word = pick(random, WORDS);
  // An integer index passes over fractions, as Qdrant's does.
  if (random() < 0.7) payload.n = below(random, 20);
  if (random() < 0.3) payload.x = random() * 20;
  if (random() < 0.5) payload.flag = random() < 0.5;
  if (random() < 0.4) payload.at = pick(random, DATES);
  if (random() < 0.4) payload.list = times(below(random, 4), () => below(random, 6));
  if (random() < 0.4) payload.inner = { word: pick(random, WORDS), k: below(random, 3) };
  if (random() < 0.1) payload.word = null;
  if (random() < 0.1) payload.n = 'text';
  return payload;
}

function randomCondition(random: Random, depth: number): Condition {
  const path = parsePayloadPath;
  const open = { lt: null, gt: null, lte: null, gte: null };
  switch (below(random, depth > 0 ? 12 : 11)) {
    case 0:
      return { kind: 'match', path: path('word'), value: pick(random, WORDS) };
    case 1:
      return { kind: 'match', path: path('n'), value: below(random, 20) };
    case 2:
      return { kind: 'match', path: path('flag'), value: random() < 0.5 };
    case 3:
      return { kind: 'matchAny', path: path('inner.word'), values: new Set(['red', 'blue']) };
    case 4:
      return { kind: 'matchExcept', path: path('word'), values: new Set(['red']) };
    case 5:
      return {
        kind: 'range',
        path: path(random() < 0.6 ? 'n' : 'x'),
        bounds: { ...open, gte: below(random, 20), lt: 15 },
      };
    case 6:
      return { kind: 'match', path: path('list[]'), value: below(random, 6) };
    case 7:
      return { kind: 'isEmpty', path: path(pick(random, ['word', 'list', 'n'])), expected: random() < 0.5 };
    case 8:
      return { kind: 'isNull', path: path('word'), expected: random() < 0.5 };
    case 9:
      return { kind: 'hasId', ids: new Set(randomIds(random, 10)) };
    case 10:
      return {
        kind: 'datetimeRange',
        path: path('at'),
        bounds: { ...open, gte: Date.parse('2025-01-01') * 1000 },
      };
    default:
      return { kind: 'filter', filter: randomFilter(random, depth - 1) };
  }
}

export function randomFilter(random: Random, depth = 2): Filter {
  const some = (share: number): Condition[] =>
    random() < share ? times(1 + below(random, 2), () => randomCondition(random, depth)) : [];
  return {
    must: some(0.6),
    should: some(0.3),
    mustNot: some(0.3),
    minShould:
      random() < 0.1 ? { conditions: times(3, () => randomCondition(random, 0)), minCount: 2 } : null,
  };
}

function randomSelector(random: Random, existing: readonly PointId[]): PointsSelector {
  if (random() < 0.25) {
    // Narrow enough that the collection does not become empty again and again.
    const narrow: Condition = { kind: 'hasId', ids: new Set(randomIds(random, 30)) };
    const filter = randomFilter(random, 1);
    return { ids: null, filter: { ...filter, must: [...filter.must, narrow] } };
  }
  if (existing.length === 0 || random() < 0.05) return { ids: randomIds(random, 3), filter: null };
  return { ids: times(1 + below(random, 3), () => pick(random, existing)), filter: null };
}

export const schemaOf = (type: PayloadIndexType): PayloadIndexSchema => ({
  type,
  params: null,
  lookup: true,
  range: true,
});

/** A write of any kind; `existing` are ids that it may want to be there. */
export function randomWrite(random: Random, sizes: Sizes, existing: readonly PointId[]): WriteRequest {
  const choice = random();
  if (choice < 0.45) {
    const points = randomIds(random, random() < 0.1 ? 40 : 4).map((id) => ({
      id,
      vectors: randomVectors(random, sizes, 0.9),
      payload: random() < 0.15 ? null : json(randomPayload(random)),
    }));
    return { kind: 'upsert', points };
  }
  const selector = randomSelector(random, existing);
  if (choice < 0.57) return { kind: 'delete', selector };
  if (choice < 0.65) {
    const points = (selector.ids ?? randomIds(random, 2)).map((id) => ({
      id,
      vectors: randomVectors(random, sizes, 0.7),
    }));
    return { kind: 'updateVectors', points };
  }
  if (choice < 0.7) return { kind: 'deleteVectors', selector, names: [pick(random, [...sizes.keys()])] };
  const payload = json(randomPayload(random));
  if (choice < 0.8) return { kind: 'setPayload', selector, payload, path: random() < 0.7 ? null : 'inner' };
  if (choice < 0.86) return { kind: 'overwritePayload', selector, payload };
  if (choice < 0.92) {
    const keys = times(1 + below(random, 2), () => pick(random, ['word', 'n', 'list', 'inner', 'inner.k']));
    return { kind: 'deletePayload', selector, keys };
  }
  if (choice < 0.96) return { kind: 'clearPayload', selector };
  const [path, type] = pick(random, INDEXES);
  return random() < 0.6
    ? { kind: 'createIndex', path, schema: schemaOf(type) }
    : { kind: 'deleteIndex', path };
}
