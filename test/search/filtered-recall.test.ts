import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYNTHETIC_DEFAULTS, SyntheticSource } from '../../bench/data/synthetic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import type { Filter } from '../../src/model/filter.ts';
import { parsePayloadPath } from '../../src/model/payload-path.ts';
import { MemoryFiles } from '../../src/storage/files/memory-files.ts';
import {
  context,
  createRequest,
  openTestNode,
  queryRequest,
  SEARCH_PARAMS,
  type TestNode,
  vectorParams,
  WAIT,
} from '../harness/open-test-node.ts';

const COUNT = 12_000;
const DIM = 48;
const QUERIES = 10;
const BATCH = 1000;
/** Worst mean recall that passes; single queries may be worse. */
const RECALL_MIN = 0.97;

/**
 * Approximate search against exact search through the whole path (planner, payload indexes, engine). The payload of a
 * point holds, for each query, its rank by similarity to it: a range of low ranks is a filter that goes along with the
 * query, one of high ranks a filter against it; `random` goes with nothing.
 */
describe('filtered recall', () => {
  let engine: Engine;
  let node: TestNode;
  const vectors = new Float32Array((COUNT + QUERIES) * DIM);
  const row = (i: number): Float32Array => vectors.slice(i * DIM, (i + 1) * DIM);
  const queryVector = (q: number): Float32Array => row(COUNT + q);

  beforeAll(async () => {
    new SyntheticSource({
      ...SYNTHETIC_DEFAULTS,
      dim: DIM,
      count: COUNT + QUERIES,
      clusters: 60,
      seed: 7,
    }).fill(vectors);
    engine = await openEngine({ threads: 2 });
    node = await openTestNode({ files: new MemoryFiles(), engine });
    await node.coordinator.createCollection(
      context(),
      'c',
      createRequest({ '': vectorParams(DIM, { distance: 'Cosine' }) }),
    );
    const ranks = Array.from({ length: QUERIES }, (_, q) => ranksOf(queryVector(q)));
    for (let at = 0; at < COUNT; at += BATCH) {
      const points = Array.from({ length: Math.min(BATCH, COUNT - at) }, (_, k) => {
        const id = at + k;
        const payload: Record<string, number> = { random: (id * 7919) % COUNT };
        for (const [q, rank] of ranks.entries()) payload[`q${q}`] = rank[id]!;
        return { id, vectors: new Map([['', row(id)]]), payload: Buffer.from(JSON.stringify(payload)) };
      });
      await node.coordinator.write(context(), 'c', [{ kind: 'upsert', points }], WAIT);
    }
    const schema = { type: 'integer', params: null, lookup: true, range: true } as const;
    for (const path of ['random', ...ranks.map((_, q) => `q${q}`)]) {
      await node.coordinator.write(context(), 'c', [{ kind: 'createIndex', path, schema }], WAIT);
    }
    await untilGreen();
  }, 120_000);

  afterAll(async () => {
    await node.close();
    await engine.close();
  });

  /** Rank of each point by similarity to the query: 0 is the nearest. */
  function ranksOf(query: Float32Array): Uint32Array {
    const scores = Float32Array.from({ length: COUNT }, (_, i) => cosine(row(i), query));
    const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
    const ranks = new Uint32Array(COUNT);
    for (const [rank, i] of order.entries()) ranks[i] = rank;
    return ranks;
  }

  async function untilGreen(): Promise<void> {
    while ((await node.coordinator.collectionInfo(context(), 'c')).status !== 'green') {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The filter `kind` of a query that lets the share pass. */
  function filterOf(kind: string, q: number, share: number): Filter {
    const passing = Math.round(COUNT * share);
    const path = parsePayloadPath(kind === 'uncorrelated' ? 'random' : `q${q}`);
    const bounds = { lt: null, gt: null, lte: null, gte: null };
    const range =
      kind === 'against the query' ? { ...bounds, gte: COUNT - passing } : { ...bounds, lt: passing };
    return { must: [{ kind: 'range', path, bounds: range }], should: [], mustNot: [], minShould: null };
  }

  async function hits(q: number, filter: Filter, exact: boolean): Promise<Set<unknown>> {
    const request = queryRequest({
      query: { vector: queryVector(q) },
      filter,
      limit: 10,
      params: { ...SEARCH_PARAMS, exact },
    });
    const [points] = await node.coordinator.query(context(), 'c', [request]);
    return new Set(points!.map(({ id }) => id));
  }

  const kinds = ['uncorrelated', 'with the query', 'against the query'];
  const shares = [0.001, 0.005, 0.01, 0.05, 0.1, 0.3, 0.6, 0.9, 1];
  it.each(kinds.flatMap((kind) => shares.map((share) => [kind, share] as const)))(
    '%s, share %d: recall@10 of the default search, and never fewer hits than exist',
    async (kind, share) => {
      let found = 0;
      let wanted = 0;
      for (let q = 0; q < QUERIES; q++) {
        const filter = filterOf(kind, q, share);
        const exact = await hits(q, filter, true);
        const approximate = await hits(q, filter, false);
        expect(exact.size).toBe(Math.min(10, Math.round(COUNT * share)));
        expect(approximate.size).toBe(exact.size);
        wanted += exact.size;
        for (const id of approximate) if (exact.has(id)) found++;
      }
      expect(found / wanted).toBeGreaterThanOrEqual(RECALL_MIN);
    },
  );
});

function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! * a[i]!;
    bb += b[i]! * b[i]!;
  }
  return dot / Math.sqrt(aa * bb);
}
