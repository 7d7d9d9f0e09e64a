import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open-engine.ts';
import { SextantError } from '../../src/model/errors.ts';
import type { Filter } from '../../src/model/filter.ts';
import { parsePayload } from '../../src/model/payload.ts';
import { parsePayloadPath } from '../../src/model/payload-path.ts';
import { nextTurn } from '../../src/shared/next-turn.ts';
import { type Random, seededRandom } from '../../src/shared/seeded-random.ts';
import { RealFiles } from '../../src/storage/files/real-files.ts';
import {
  context,
  createRequest,
  json,
  NO_WAIT,
  openTestNode,
  queryRequest,
  SEARCH_PARAMS,
  TEST_DEFAULTS,
  type TestNode,
} from '../harness/open-test-node.ts';

const RUN_MS = 4000;
const PAUSE_MS = 30;
/** Of each loop, however slow the machine. */
const ROUNDS_MIN = 4;
const DIM = 8;
/** Written once and never touched: every read must find them. */
const STABLE = 600;
/** Overwritten all the time, but always there. */
const MOVING = 300;
/** Come and go. */
const FLEETING = 300;
const STEADY: Filter = {
  must: [{ kind: 'match', path: parsePayloadPath('steady'), value: true }],
  should: [],
  mustNot: [],
  minShould: null,
};

const vectorOf = (random: Random): Float32Array => Float32Array.from({ length: DIM }, () => random() - 0.5);
const pointOf = (random: Random, id: number, round: number) => ({
  id,
  vectors: new Map([['', vectorOf(random)]]),
  payload: json({ steady: id < STABLE + MOVING, round, word: `w${id % 7}` }),
});
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

/** Repeats `step` until the time is over, with room for the others in between. */
async function loop(endMs: number, step: (round: number) => Promise<void>): Promise<void> {
  for (let round = 0; performance.now() < endMs || round < ROUNDS_MIN; round++) {
    await step(round);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function writers(node: TestNode, endMs: number, random: Random): Promise<void>[] {
  const { coordinator } = node;
  const some = (from: number, count: number): number[] => range(from, count).filter(() => random() < 0.1);
  return [
    loop(endMs, async (round) => {
      const points = some(STABLE, MOVING).map((id) => pointOf(random, id, round));
      if (points.length > 0) {
        await coordinator.write(context(), 'c', [{ kind: 'upsert', points }], NO_WAIT);
      }
    }),
    loop(endMs, async (round) => {
      const ids = some(STABLE + MOVING, FLEETING);
      const points = ids.map((id) => pointOf(random, id, round));
      const selector = { ids: ids.filter(() => random() < 0.7), filter: null };
      await coordinator.write(
        context(),
        'c',
        [
          { kind: 'upsert', points },
          { kind: 'delete', selector },
        ],
        NO_WAIT,
      );
    }),
    loop(endMs, async (round) => {
      const { shard } = await node.collections.get('c');
      const hnsw = { ...TEST_DEFAULTS.hnsw, m: 4 + (round % 2) * 4 };
      const { config } = await node.collections.get('c');
      await shard.configure({ ...config, hnsw_config: hnsw });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }),
  ];
}

function readers(node: TestNode, endMs: number, random: Random): Promise<void>[] {
  const { coordinator } = node;
  return [false, true].flatMap((exact) => [
    loop(endMs, async () => {
      const request = queryRequest({
        query: { vector: vectorOf(random) },
        filter: STEADY,
        limit: STABLE + MOVING,
        params: { ...SEARCH_PARAMS, exact },
      });
      const [hits] = await coordinator.query(context(), 'c', [request]);
      for (const { payload } of hits!) expect(parsePayload(payload!).steady).toBe(true);
      const ids = new Set(hits!.map(({ id }) => Number(id)));
      expect(ids.size).toBe(hits!.length);
      expect(range(0, STABLE + MOVING).filter((id) => !ids.has(id))).toEqual([]);
    }),
    loop(endMs, async () => {
      const filter = exact ? STEADY : null;
      const request = { offset: null, limit: 5000, filter, withPayload: false, withVector: true } as const;
      const { points } = await coordinator.scroll(context(), 'c', request);
      const ids = new Set(points.map(({ id }) => Number(id)));
      expect(range(0, STABLE + MOVING).filter((id) => !ids.has(id))).toEqual([]);
      expect(points.every(({ vectors }) => vectors!.get('')!.length === DIM)).toBe(true);
    }),
    loop(endMs, async () => {
      const ids = range(0, STABLE + MOVING);
      const found = await coordinator.retrieve(context(), 'c', { ids, withPayload: true, withVector: false });
      expect(found.map(({ id }) => id)).toEqual(ids);
      const count = await coordinator.count(context(), 'c', { filter: null, exact: true });
      expect(count).toBeGreaterThanOrEqual(STABLE + MOVING);
    }),
  ]);
}

test('reads beside writes, checkpoints, graph builds and changed parameters see every point that is always there', {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sextant-concurrent-'));
  const random = seededRandom(3);
  const engine = await openEngine({ threads: 1 });
  const optimizers = { ...TEST_DEFAULTS.optimizers, flush_interval_sec: 0.05, indexing_threshold: 1 };
  const node = await openTestNode({ files: new RealFiles(folder), engine, defaults: { optimizers } });
  try {
    await node.coordinator.createCollection(context(), 'c', createRequest(DIM));
    const points = range(0, STABLE + MOVING).map((id) => pointOf(random, id, 0));
    await node.coordinator.write(context(), 'c', [{ kind: 'upsert', points }], NO_WAIT);
    const endMs = performance.now() + RUN_MS;
    await Promise.all([...writers(node, endMs, random), ...readers(node, endMs, random)]);
    const { status } = await node.coordinator.collectionInfo(context(), 'c');
    expect(status).not.toBe('red');
    // What runs when the collection goes ends with an answer or an error that says so.
    const running = readers(node, performance.now() + 1000, random).map((reader) =>
      reader.then(
        () => null,
        (error: unknown) => error,
      ),
    );
    await nextTurn();
    await node.coordinator.deleteCollection(context(), 'c');
    for (const error of await Promise.all(running)) {
      expect(error).toBeInstanceOf(SextantError);
      expect((error as SextantError).kind).toMatch(/^(unavailable|notFound)$/);
    }
  } finally {
    await node.close();
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
