import { expect, test } from 'vitest';
import { GateEngine } from '../../test/harness/gate-engine.ts';
import {
  checkpoint,
  openTestShard,
  point,
  remove,
  settle,
  testConfig,
  upsert,
} from '../../test/harness/open-test-shard.ts';
import { dueWork } from './optimize.ts';
import type { SegmentSet } from './segment-set.ts';

interface Sizes {
  linked: number;
  unlinked: number;
  tombstones: number;
  kilobytes: number;
  m: number;
}

/** What `dueWork` looks at, without the rest. */
function setOf(sizes: Partial<Sizes>, optimizers = {}): SegmentSet {
  const { linked, unlinked, tombstones, kilobytes, m } = {
    linked: 0,
    unlinked: 0,
    tombstones: 0,
    kilobytes: 0,
    m: 16,
    ...sizes,
  };
  const index = { linkedCount: linked, unlinkedCount: unlinked, tombstoneCount: tombstones };
  const field = { index, kilobytes, params: { m } };
  const { optimizer_config } = testConfig(undefined, {
    indexing_threshold: 10,
    deleted_threshold: 0.2,
    vacuum_min_vector_number: 100,
    ...optimizers,
  });
  return {
    config: { optimizer_config },
    segments: [{ fields: new Map([['', field]]) }],
  } as unknown as SegmentSet;
}

test.each<[string, Partial<Sizes>, object, string | null]>([
  ['nothing', {}, {}, null],
  ['a small segment', { unlinked: 50, kilobytes: 9 }, {}, null],
  ['a segment of the threshold', { unlinked: 50, kilobytes: 10 }, {}, 'link'],
  ['a few new points beside a graph', { linked: 500, unlinked: 1, kilobytes: 5 }, {}, 'link'],
  ['no graph wanted', { unlinked: 500, kilobytes: 100, m: 0 }, {}, null],
  ['indexing switched off by 0', { unlinked: 500, kilobytes: 100 }, { indexing_threshold: 0 }, null],
  ['indexing switched off by null', { unlinked: 500, kilobytes: 100 }, { indexing_threshold: null }, null],
  ['few deletes', { linked: 400, tombstones: 100 }, {}, null],
  ['many deletes', { linked: 399, tombstones: 101 }, {}, 'repair'],
  ['many deletes in a small graph', { linked: 10, tombstones: 89 }, {}, null],
])('due work: %s', (_what, sizes, optimizers, kind) => {
  expect(dueWork(setOf(sizes, optimizers))?.kind ?? null).toBe(kind);
});

test('points are linked in passes until none is left, then the graph is repaired and its slots come back', async () => {
  const engine = new GateEngine();
  const opened = await openTestShard({ engine });
  for (let start = 0; start < 5000; start += 1000) {
    await upsert(opened, ...Array.from({ length: 1000 }, (_, i) => point(start + i, [i, 1])));
  }
  await settle();
  expect(opened.shard.info()).toMatchObject({ indexedVectors: 5000, optimizing: false });
  await remove(opened, ...Array.from({ length: 1500 }, (_, i) => i));
  await settle();
  expect(opened.shard.info()).toMatchObject({ indexedVectors: 3500, optimizing: false, points: 3500 });
  await checkpoint(opened);
  await upsert(opened, point(9000, [1, 1]));
  expect(engine.written.at(-1)).toBe(0);
  await opened.shard.close();
});

test('closing stops a running pass and waits for its end', async () => {
  const engine = new GateEngine();
  engine.links.shut();
  const opened = await openTestShard({
    engine,
    config: testConfig(undefined, { indexing_threshold: 0.001 }),
  });
  await upsert(opened, point(1, [1, 1]));
  await settle();
  expect(engine.links.waiting).toBe(1);
  let closed = false;
  const closing = opened.shard.close().then(() => {
    closed = true;
  });
  await settle();
  expect(closed).toBe(false);
  engine.links.open();
  await closing;
  expect(engine.openCount).toBe(0);
});
