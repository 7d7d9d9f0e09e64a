import { beforeEach, describe, expect, it } from 'vitest';
import { serverUnderTest } from '../harness/client.ts';

const under = serverUnderTest();
const UUID = '550e8400-e29b-41d4-a716-446655440000';
const C = 'points';

beforeEach(async () => {
  const { client } = under;
  await client.deleteCollection(C);
  await client.createCollection(C, { vectors: { size: 2, distance: 'Dot' } });
});

const all = async () =>
  (await under.client.scroll(C, { limit: 100, with_payload: true, with_vector: true })).points;

describe('upsert', () => {
  it('takes the list form, and replaces whole points', async () => {
    const { client } = under;
    const result = await client.upsert(C, {
      wait: true,
      ordering: 'strong',
      points: [
        { id: 1, vector: [1, 2], payload: { a: 1, nested: { b: ['x', null, 1.5] } } },
        { id: UUID, vector: [3, 4] },
      ],
    });
    expect(result).toEqual({ operation_id: expect.any(Number), status: 'completed' });
    expect(await all()).toEqual([
      { id: 1, vector: [1, 2], payload: { a: 1, nested: { b: ['x', null, 1.5] } } },
      { id: UUID, vector: [3, 4], payload: {} },
    ]);
    await client.upsert(C, { wait: true, points: [{ id: 1, vector: [5, 6], payload: { c: true } }] });
    expect(await client.retrieve(C, { ids: [1], with_vector: true })).toEqual([
      { id: 1, vector: [5, 6], payload: { c: true } },
    ]);
  });

  it('takes the batch form', async () => {
    const { client } = under;
    await client.upsert(C, {
      wait: true,
      batch: {
        ids: [1, 2],
        vectors: [
          [1, 1],
          [2, 2],
        ],
        payloads: [{ n: 1 }, null as never],
      },
    });
    expect(await all()).toEqual([
      { id: 1, vector: [1, 1], payload: { n: 1 } },
      { id: 2, vector: [2, 2], payload: {} },
    ]);
  });

  it('is acknowledged without wait, and done soon after', async () => {
    const { client } = under;
    const result = await client.upsert(C, { wait: false, points: [{ id: 7, vector: [1, 1] }] });
    expect(result.status).toBe('acknowledged');
    await expect.poll(async () => (await client.count(C)).count).toBe(1);
  });

  it('keeps all 64 bits of an id', async () => {
    const { raw } = under;
    const big = '18446744073709551615';
    const near = '18446744073709551614';
    const points = `[{"id":${big},"vector":[1,1]},{"id":${near},"vector":[2,2]}]`;
    expect((await raw('PUT', `/collections/${C}/points?wait=true`, `{"points":${points}}`)).status).toBe(200);
    const { text } = await raw('GET', `/collections/${C}/points/${big}`);
    expect(text).toContain(`"id":${big}`);
    expect(text).toMatch(/"vector":\[1(\.0)?,1(\.0)?\]/);
    const scroll = await raw('POST', `/collections/${C}/points/scroll`, '{"limit":1}');
    expect(scroll.text).toContain(`"next_page_offset":${big}`);
    expect(scroll.text).toContain(`"id":${near}`);
  });

  it('normalises the forms of a UUID', async () => {
    const { client } = under;
    await client.upsert(C, {
      wait: true,
      points: [{ id: UUID.replaceAll('-', '').toUpperCase(), vector: [1, 1] }],
    });
    expect((await client.retrieve(C, { ids: [UUID] }))[0]).toMatchObject({ id: UUID });
  });
});

describe('delete', () => {
  beforeEach(async () => {
    await under.client.upsert(C, {
      wait: true,
      points: [1, 2, 3, 4].map((id) => ({ id, vector: [id, id], payload: { even: id % 2 === 0 } })),
    });
  });

  it('by ids, absent ones included', async () => {
    await under.client.delete(C, { wait: true, points: [1, 3, 99] });
    expect((await all()).map(({ id }) => id)).toEqual([2, 4]);
  });

  it('by filter', async () => {
    const filter = { must: [{ key: 'even', match: { value: true } }] };
    await under.client.delete(C, { wait: true, filter });
    expect((await all()).map(({ id }) => id)).toEqual([1, 3]);
  });
});

describe('payload', () => {
  const payloadOf = async (id: number) => (await under.client.retrieve(C, { ids: [id] }))[0]?.payload;
  beforeEach(async () => {
    await under.client.upsert(C, {
      wait: true,
      points: [
        { id: 1, vector: [1, 1], payload: { a: 1, deep: { x: 1, y: 2 } } },
        { id: 2, vector: [2, 2], payload: { a: 2 } },
        { id: 3, vector: [3, 3] },
      ],
    });
  });

  it('is merged by set, at the root or at a key, by ids or filter; null removes', async () => {
    const { client } = under;
    await client.setPayload(C, { wait: true, payload: { b: 2 }, points: [1, 3] });
    expect(await payloadOf(1)).toEqual({ a: 1, deep: { x: 1, y: 2 }, b: 2 });
    expect(await payloadOf(3)).toEqual({ b: 2 });
    await client.setPayload(C, { wait: true, payload: { z: 3 }, key: 'deep', points: [1] });
    expect(await payloadOf(1)).toMatchObject({ deep: { x: 1, y: 2, z: 3 } });
    const filter = { must: [{ key: 'a', match: { value: 2 } }] };
    await client.setPayload(C, { wait: true, payload: { a: null, c: 1 }, filter });
    expect(await payloadOf(2)).toEqual({ c: 1 });
  });

  it('is replaced by overwrite', async () => {
    await under.client.overwritePayload(C, { wait: true, payload: { only: 1 }, points: [1] });
    expect(await payloadOf(1)).toEqual({ only: 1 });
  });

  it('loses keys by delete, nested ones too, and all by clear', async () => {
    const { client } = under;
    await client.deletePayload(C, { wait: true, keys: ['a', 'deep.x'], points: [1] });
    expect(await payloadOf(1)).toEqual({ deep: { y: 2 } });
    await client.clearPayload(C, { wait: true, points: [1, 2] });
    expect(await payloadOf(1)).toEqual({});
    expect(await payloadOf(2)).toEqual({});
  });

  it('comes back in full, in part, or not', async () => {
    const { client } = under;
    const get = async (with_payload: NonNullable<Parameters<typeof client.retrieve>[1]['with_payload']>) =>
      (await client.retrieve(C, { ids: [1], with_payload }))[0];
    expect(await get(true)).toMatchObject({ payload: { a: 1, deep: { x: 1, y: 2 } } });
    expect(await get(false)).not.toHaveProperty('payload');
    expect(await get(['deep.x'])).toMatchObject({ payload: { deep: { x: 1 } } });
    expect((await get({ include: ['a'] }))?.payload).toEqual({ a: 1 });
    expect((await get({ exclude: ['deep'] }))?.payload).toEqual({ a: 1 });
  });
});

describe('named vectors', () => {
  const N = 'named-points';
  beforeEach(async () => {
    const { client } = under;
    await client.deleteCollection(N);
    await client.createCollection(N, {
      vectors: { a: { size: 2, distance: 'Dot' }, b: { size: 3, distance: 'Euclid' } },
    });
    await client.upsert(N, {
      wait: true,
      points: [
        { id: 1, vector: { a: [1, 2], b: [1, 2, 3] } },
        { id: 2, vector: { a: [3, 4] } },
      ],
    });
  });
  const vectorsOf = async (id: number) =>
    (await under.client.retrieve(N, { ids: [id], with_vector: true }))[0]?.vector;

  it('are stored where given, updated and deleted by name', async () => {
    const { client } = under;
    expect(await vectorsOf(2)).toEqual({ a: [3, 4] });
    await client.updateVectors(N, { wait: true, points: [{ id: 2, vector: { b: [7, 8, 9] } }] });
    expect(await vectorsOf(2)).toEqual({ a: [3, 4], b: [7, 8, 9] });
    await client.deleteVectors(N, { wait: true, points: [1], vector: ['a'] });
    expect(await vectorsOf(1)).toEqual({ b: [1, 2, 3] });
  });

  it('are selected by name', async () => {
    const found = await under.client.retrieve(N, { ids: [1], with_vector: ['b'] });
    expect(found[0]?.vector).toEqual({ b: [1, 2, 3] });
  });
});

describe('batch update', () => {
  it('runs its operations in order', async () => {
    const { client } = under;
    const results = await client.batchUpdate(C, {
      wait: true,
      operations: [
        {
          upsert: {
            points: [
              { id: 1, vector: [1, 1], payload: { a: 1 } },
              { id: 2, vector: [2, 2] },
            ],
          },
        },
        { set_payload: { payload: { b: 1 }, points: [1] } },
        { update_vectors: { points: [{ id: 1, vector: [9, 9] }] } },
        { delete: { points: [2] } },
        { upsert: { points: [{ id: 3, vector: [3, 3], payload: { x: 1, y: 1 } }] } },
        { delete_payload: { keys: ['x'], points: [3] } },
      ],
    });
    expect(results).toHaveLength(6);
    expect(results.every(({ status }) => status === 'completed')).toBe(true);
    expect(await all()).toEqual([
      { id: 1, vector: [9, 9], payload: { a: 1, b: 1 } },
      { id: 3, vector: [3, 3], payload: { y: 1 } },
    ]);
  });
});

describe('scroll and count', () => {
  beforeEach(async () => {
    const points = Array.from({ length: 25 }, (_, i) => ({ id: 25 - i, vector: [i, 1], payload: { i } }));
    await under.client.upsert(C, { wait: true, points: [...points, { id: UUID, vector: [0, 0] }] });
  });

  it('pages in order of id, numbers before UUIDs', async () => {
    const ids: unknown[] = [];
    let offset: string | number | undefined;
    for (;;) {
      const page = await under.client.scroll(C, { limit: 10, ...(offset === undefined ? {} : { offset }) });
      ids.push(...page.points.map(({ id }) => id));
      if (page.next_page_offset === null || page.next_page_offset === undefined) break;
      offset = page.next_page_offset as string | number;
    }
    expect(ids).toEqual([...Array.from({ length: 25 }, (_, i) => i + 1), UUID]);
  });

  it('counts all, and those of a filter, exactly and approximately', async () => {
    const { client } = under;
    const filter = { must: [{ key: 'i', range: { lt: 10 } }] };
    expect(await client.count(C, { exact: true })).toEqual({ count: 26 });
    expect(await client.count(C, { exact: true, filter })).toEqual({ count: 10 });
    const { count } = await client.count(C, { exact: false, filter });
    expect(count).toBeGreaterThanOrEqual(0);
    expect(count).toBeLessThanOrEqual(26);
  });

  it('scrolls what a filter passes', async () => {
    const filter = { must: [{ has_id: [3, UUID, 1_000] }] };
    const { points } = await under.client.scroll(C, { filter, limit: 5 });
    expect(points.map(({ id }) => id)).toEqual([3, UUID]);
  });
});
