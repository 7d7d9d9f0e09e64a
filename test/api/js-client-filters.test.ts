import type { QdrantClient } from '@qdrant/js-client-rest';
import { beforeAll, describe, expect, it } from 'vitest';
import { serverUnderTest } from '../harness/client.ts';

type Filter = NonNullable<NonNullable<Parameters<QdrantClient['scroll']>[1]>['filter']>;

const under = serverUnderTest();
const UUID = '550e8400-e29b-41d4-a716-446655440000';
const PAYLOADS: Record<string, unknown>[] = [
  { city: 'Berlin', n: 1, x: 0.5, ok: true, at: '2024-01-01T00:00:00Z', tags: ['a', 'b'], ref: UUID },
  { city: 'Paris', n: 2, x: 1.5, ok: false, at: '2024-06-01T12:00:00+02:00', tags: ['b'] },
  { city: 'Rome', n: 3, x: 2.5, ok: true, at: '2025-01-01', tags: [] },
  { city: ['Berlin', 'Rome'], n: [4, 40], x: -1, ok: null },
  { city: null, n: 5, deep: { a: { b: 'c' } } },
  {
    items: [
      { kind: 'x', size: 1 },
      { kind: 'y', size: 2 },
    ],
  },
  { items: [{ kind: 'x', size: 2 }] },
  {},
];

/** The same filters must find the same points through indexes and without. */
const COLLECTIONS = ['indexed', 'plain'];
const INDEXES = {
  city: 'keyword',
  n: 'integer',
  x: 'float',
  ok: 'bool',
  at: 'datetime',
  tags: 'keyword',
  ref: 'uuid',
} as const;

beforeAll(async () => {
  const { client } = under;
  for (const name of COLLECTIONS) {
    await client.createCollection(name, { vectors: { size: 2, distance: 'Dot' } });
    const points = PAYLOADS.map((payload, id) => ({ id, vector: [id, 1], payload }));
    await client.upsert(name, { wait: true, points });
  }
  for (const [field_name, field_schema] of Object.entries(INDEXES)) {
    await client.createPayloadIndex('indexed', { field_name, field_schema, wait: true });
  }
});

const CASES: [string, Filter, number[]][] = [
  ['match keyword', { must: [{ key: 'city', match: { value: 'Berlin' } }] }, [0, 3]],
  ['match integer', { must: [{ key: 'n', match: { value: 40 } }] }, [3]],
  ['match bool', { must: [{ key: 'ok', match: { value: true } }] }, [0, 2]],
  ['match uuid', { must: [{ key: 'ref', match: { value: UUID } }] }, [0]],
  ['match any', { must: [{ key: 'city', match: { any: ['Paris', 'Rome'] } }] }, [1, 2, 3]],
  ['match any of integers', { must: [{ key: 'n', match: { any: [1, 5] } }] }, [0, 4]],
  ['match any of none', { must: [{ key: 'city', match: { any: [] } }] }, []],
  ['match except', { must: [{ key: 'city', match: { except: ['Berlin', 'Paris'] } }] }, [2, 3]],
  ['range', { must: [{ key: 'n', range: { gte: 2, lt: 5 } }] }, [1, 2, 3]],
  ['float range', { must: [{ key: 'x', range: { gt: -1, lte: 1.5 } }] }, [0, 1]],
  ['datetime range', { must: [{ key: 'at', range: { gte: '2024-06-01T10:00:00Z' } }] }, [1, 2]],
  ['is_empty', { must: [{ is_empty: { key: 'tags' } }] }, [2, 3, 4, 5, 6, 7]],
  ['is_null', { must: [{ is_null: { key: 'city' } }] }, [4]],
  ['has_id', { must: [{ has_id: [0, 7, 99] }] }, [0, 7]],
  ['values_count', { must: [{ key: 'tags', values_count: { gte: 1 } }] }, [0, 1]],
  ['nested path', { must: [{ key: 'deep.a.b', match: { value: 'c' } }] }, [4]],
  ['path into an array', { must: [{ key: 'items[].kind', match: { value: 'y' } }] }, [5]],
  [
    'nested, all in one element',
    {
      must: [
        {
          nested: {
            key: 'items',
            filter: {
              must: [
                { key: 'kind', match: { value: 'x' } },
                { key: 'size', range: { gte: 2 } },
              ],
            },
          },
        },
      ],
    },
    [6],
  ],
  ['must_not', { must_not: [{ key: 'n', range: { gte: 1 } }] }, [5, 6, 7]],
  [
    'should',
    {
      should: [
        { key: 'n', match: { value: 1 } },
        { key: 'city', match: { value: 'Rome' } },
      ],
    },
    [0, 2, 3],
  ],
  [
    'min_should',
    {
      min_should: {
        conditions: [
          { key: 'n', range: { lte: 2 } },
          { key: 'ok', match: { value: true } },
          { key: 'tags', match: { value: 'b' } },
        ],
        min_count: 2,
      },
    },
    [0, 1],
  ],
  [
    'nested clauses',
    {
      must: [{ key: 'ok', match: { value: true } }],
      must_not: [{ must: [{ key: 'city', match: { value: 'Rome' } }] }],
    },
    [0],
  ],
  ['an empty filter', {}, [0, 1, 2, 3, 4, 5, 6, 7]],
];

describe.each(COLLECTIONS)('filters (%s)', (collection) => {
  it.each(CASES)('%s', async (_name, filter, expected) => {
    const { client } = under;
    const { points } = await client.scroll(collection, { filter, limit: 100 });
    expect(points.map(({ id }) => id)).toEqual(expected);
    expect((await client.count(collection, { filter, exact: true })).count).toBe(expected.length);
    const found = await client.query(collection, { query: [1, 0], filter, limit: 100 });
    expect(found.points.map(({ id }) => id)).toEqual([...expected].reverse());
  });
});
