import { beforeAll, describe, expect, it } from 'vitest';
import { exactNeighbours, recall } from '../../bench/data/exact.ts';
import { Random } from '../../bench/data/random.ts';
import { serverUnderTest } from '../harness/client.ts';

const under = serverUnderTest();
const DIM = 16;
const COUNT = 2_000;
const random = new Random(5);
const base = Float32Array.from({ length: COUNT * DIM }, () => random.gauss());
const queries = Float32Array.from({ length: 20 * DIM }, () => random.gauss());
const vectorAt = (from: Float32Array, i: number): number[] => [...from.subarray(i * DIM, (i + 1) * DIM)];
const DISTANCES = ['Cosine', 'Dot', 'Euclid', 'Manhattan'] as const;

beforeAll(async () => {
  const { client } = under;
  const points = Array.from({ length: COUNT }, (_, id) => ({
    id,
    vector: vectorAt(base, id),
    payload: { third: id % 3, text: `row ${id}` },
  }));
  for (const distance of DISTANCES) {
    await client.createCollection(distance, {
      vectors: { size: DIM, distance },
      optimizers_config: { indexing_threshold: 10 },
    });
    for (let at = 0; at < COUNT; at += 500) {
      await client.upsert(distance, { wait: true, points: points.slice(at, at + 500) });
    }
  }
});

describe.each(DISTANCES)('query by vector, %s', (distance) => {
  const truth = exactNeighbours({ distance, dim: DIM, base, queries, topK: 10 });

  it('finds the true neighbours, in order, while and after indexing', async () => {
    const { client } = under;
    const found: number[][] = [];
    for (let i = 0; i < 20; i++) {
      const { points } = await client.query(distance, {
        query: vectorAt(queries, i),
        limit: 10,
        params: { hnsw_ef: 128 },
      });
      const scores = points.map(({ score }) => score);
      const sorted = [...scores].sort((a, b) =>
        distance === 'Cosine' || distance === 'Dot' ? b - a : a - b,
      );
      expect(scores).toEqual(sorted);
      found.push(points.map(({ id }) => id as number));
    }
    expect(recall(found, truth, 10, 10)).toBeGreaterThan(0.97);
  });

  it('is exact when asked', async () => {
    const { points } = await under.client.query(distance, {
      query: vectorAt(queries, 3),
      limit: 10,
      params: { exact: true },
    });
    expect(points.map(({ id }) => id)).toEqual([...truth.subarray(30, 40)]);
  });
});

describe('query', () => {
  const query = vectorAt(queries, 0);

  it('gives the scores of the distance', async () => {
    const { client } = under;
    const score = async (distance: string) =>
      (await client.query(distance, { query, limit: 1, filter: { must: [{ has_id: [7] }] } })).points[0]!
        .score;
    const vector = vectorAt(base, 7);
    const dot = vector.reduce((sum, x, i) => sum + x * query[i]!, 0);
    const length = (v: number[]): number => Math.hypot(...v);
    expect(await score('Dot')).toBeCloseTo(dot, 4);
    expect(await score('Cosine')).toBeCloseTo(dot / length(vector) / length(query), 4);
    expect(await score('Euclid')).toBeCloseTo(length(vector.map((x, i) => x - query[i]!)), 4);
    const manhattan = vector.reduce((sum, x, i) => sum + Math.abs(x - query[i]!), 0);
    expect(await score('Manhattan')).toBeCloseTo(manhattan, 3);
  });

  it('by id leaves out the point itself', async () => {
    const { points } = await under.client.query('Euclid', { query: 7, limit: 10 });
    const expected = exactNeighbours({
      distance: 'Euclid',
      dim: DIM,
      base,
      queries: Float32Array.from(vectorAt(base, 7)),
      topK: 11,
    });
    expect(points.map(({ id }) => id)).not.toContain(7);
    const truth = expected.slice(1);
    expect(recall([points.map(({ id }) => id as number)], truth, 10, 10)).toBeGreaterThanOrEqual(0.9);
  });

  it('with filter, limit and offset pages through the same order', async () => {
    const filter = { must: [{ key: 'third', match: { value: 1 } }] };
    const page = async (limit: number, offset: number) =>
      (await under.client.query('Dot', { query, filter, limit, offset, params: { exact: true } })).points.map(
        ({ id }) => id as number,
      );
    const first = await page(20, 0);
    expect(first).toHaveLength(20);
    expect(first.every((id) => id % 3 === 1)).toBe(true);
    expect(await page(10, 10)).toEqual(first.slice(10));
    expect(await page(10, 100_000)).toEqual([]);
  });

  it('returns payload and vector only when asked', async () => {
    const { client } = under;
    const bare = (await client.query('Dot', { query, limit: 1 })).points[0]!;
    expect(Object.keys(bare).sort()).toEqual(['id', 'score', 'version']);
    const full = (await client.query('Dot', { query, limit: 1, with_payload: true, with_vector: true }))
      .points[0]!;
    expect(full.payload).toEqual({ third: Number(full.id) % 3, text: `row ${full.id}` });
    expect((full.vector as number[]).map(Math.fround)).toEqual(vectorAt(base, Number(full.id)));
    const part = (await client.query('Dot', { query, limit: 1, with_payload: ['text'] })).points[0]!;
    expect(part.payload).toEqual({ text: `row ${part.id}` });
  });

  it('keeps only what passes the score threshold', async () => {
    const { client } = under;
    for (const distance of DISTANCES) {
      const { points } = await client.query(distance, { query, limit: 10, params: { exact: true } });
      const threshold = points[4]!.score;
      const passed = await client.query(distance, {
        query,
        limit: 10,
        score_threshold: threshold,
        params: { exact: true },
      });
      expect(passed.points.map(({ id }) => id)).toEqual(points.slice(0, 4).map(({ id }) => id));
    }
  });

  it('without a query is a scroll by id', async () => {
    const { points } = await under.client.query('Dot', { limit: 3 });
    expect(points).toEqual([0, 1, 2].map((id) => ({ id, version: expect.any(Number), score: 1 })));
  });

  it('runs in batches', async () => {
    const searches = [0, 1, 2].map((i) => ({
      query: vectorAt(queries, i),
      limit: i + 1,
      params: { exact: true },
    }));
    const results = await under.client.queryBatch('Dot', { searches });
    const single = await Promise.all(searches.map((search) => under.client.query('Dot', search)));
    expect(results.map(({ points }) => points)).toEqual(single.map(({ points }) => points));
  });

  it('is also answered in the old form, as a plain list', async () => {
    const body = JSON.stringify({ vector: query, limit: 3, params: { exact: true }, with_payload: true });
    const { json } = await under.raw('POST', '/collections/Dot/points/search', body);
    const { points } = await under.client.query('Dot', {
      query,
      limit: 3,
      with_payload: true,
      params: { exact: true },
    });
    expect(json.result).toEqual(points);
  });

  it('finds a point the moment its upsert returned', async () => {
    const { client } = under;
    for (let i = 0; i < 20; i++) {
      const id = COUNT + i;
      const vector = Array.from({ length: DIM }, () => 100 + i);
      await client.upsert('Euclid', { wait: true, points: [{ id, vector }] });
      expect((await client.query('Euclid', { query: vector, limit: 1 })).points[0]).toMatchObject({
        id,
        score: 0,
      });
    }
    await client.delete('Euclid', { wait: true, points: Array.from({ length: 20 }, (_, i) => COUNT + i) });
    const far = await client.query('Euclid', { query: Array(DIM).fill(100), limit: 5 });
    expect(far.points.every(({ id }) => Number(id) < COUNT)).toBe(true);
  });
});

describe('what is not built yet', () => {
  it.each([
    [
      '/collections/Dot/points/query',
      { query: { fusion: 'rrf' }, prefetch: [{ query: [1] }] },
      'fusion|prefetch',
    ],
    ['/collections/Dot/points/query', { query: { recommend: { positive: [1] } } }, 'recommend'],
    ['/collections/Dot/facet', { key: 'third' }, 'facet'],
  ])('%s is refused by name', async (path, body, named) => {
    const { status, json } = await under.raw('POST', path, JSON.stringify(body));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status === 501 || status < 500).toBe(true);
    expect(json.status.error).toMatch(new RegExp(named, 'i'));
  });
});
