import { expect, test } from 'vitest';
import { GateEngine } from '../../test/harness/gate-engine.ts';
import { json } from '../../test/harness/open-test-node.ts';
import {
  budget,
  byIds,
  checkpoint,
  idsOf,
  nearestPlan,
  openTestShard,
  point,
  remove,
  settle,
  testConfig,
  upsert,
} from '../../test/harness/open-test-shard.ts';
import { SextantError } from '../model/errors.ts';
import { parsePayloadPath } from '../model/payload-path.ts';
import { FaultFiles } from '../storage/files/fault-files.ts';
import { MemoryFiles } from '../storage/files/memory-files.ts';

const isRed = {
  must: [{ kind: 'match', path: parsePayloadPath('c'), value: 'red' } as const],
  should: [],
  mustNot: [],
  minShould: null,
};
const keyword = { type: 'keyword', params: null, lookup: true, range: true } as const;

test('a slot is not written again before a checkpoint knows that it is free', async () => {
  const engine = new GateEngine();
  const opened = await openTestShard({ engine });
  await upsert(opened, point(1, [1, 1]), point(2, [2, 2]));
  await upsert(opened, point(1, [3, 3]));
  await remove(opened, 2);
  await upsert(opened, point(3, [4, 4]));
  expect(engine.written).toEqual([0, 1, 2, 3]);
  await checkpoint(opened);
  await upsert(opened, point(4, [5, 5]), point(5, [6, 6]), point(6, [7, 7]));
  expect(engine.written.slice(4)).toEqual([0, 1, 4]);
  await opened.shard.close();
});

test('a slot is not written again before the searches that began earlier have read their rows', async () => {
  const engine = new GateEngine();
  const opened = await openTestShard({ engine });
  await upsert(opened, point(1, [1, 1]), point(2, [2, 2]));
  engine.searches.shut();
  const search = opened.shard.search(nearestPlan([1, 1]), null, budget());
  await settle();
  await remove(opened, 1);
  await checkpoint(opened);
  await upsert(opened, point(3, [9, 9]));
  expect(engine.written).toEqual([0, 1, 2]);
  engine.searches.open();
  const { hits } = await search;
  expect(hits.map(({ id }) => id)).toEqual([3, 2]);
  await upsert(opened, point(4, [1, 1]));
  expect(engine.written).toEqual([0, 1, 2, 0]);
  await opened.shard.close();
});

test('points that are overwritten while a search runs are found with their new vectors, if they match still', async () => {
  const engine = new GateEngine();
  const opened = await openTestShard({ engine });
  const red = { c: 'red' };
  await upsert(opened, ...[1, 2, 3, 4, 5].map((id) => point(id, [id, 0], red)));
  for (const filter of [null, isRed]) {
    engine.results.shut();
    const search = opened.shard.search(nearestPlan([1, 0], { filter, topK: 4, exclude: 5 }), [''], budget());
    await settle();
    await upsert(opened, point(1, [9, 0], red), point(5, [10, 0], red), point(3, [30, 0], { c: 'blue' }));
    await remove(opened, 2);
    await upsert(opened, point(6, [99, 0], red));
    engine.results.open();
    const { hits } = await search;
    const found = hits.map(({ id, similarity, vectors }) => [id, similarity, vectors!.get('')![0]]);
    const blue = [3, 30, 30];
    expect(found).toEqual(
      filter === null
        ? [blue, [1, 9, 9], [4, 4, 4]]
        : [
            [1, 9, 9],
            [4, 4, 4],
          ],
    );
    await remove(opened, 6);
    await upsert(opened, ...[1, 2, 3, 4, 5].map((id) => point(id, [id, 0], red)));
  }
  await opened.shard.close();
});

test('a slot that is used again has no vector left from its former point', async () => {
  const files = new MemoryFiles();
  let opened = await openTestShard({ files });
  await upsert(opened, point(1, [1, 1]));
  await remove(opened, 1);
  await checkpoint(opened);
  await upsert(opened, point(2, null, { c: 'red' }));
  for (let round = 0; round < 2; round++) {
    const [found] = await opened.shard.retrieve([2], ['']);
    expect([...found!.vectors!.keys()]).toEqual([]);
    const { hits } = await opened.shard.search(nearestPlan([1, 1]), null, budget());
    expect(hits).toEqual([]);
    await opened.shard.close();
    opened = await openTestShard({ files });
  }
  await opened.shard.close();
});

test('closing waits for a running search and refuses new reads and writes', async () => {
  const engine = new GateEngine();
  const opened = await openTestShard({ engine });
  await upsert(opened, point(1, [1, 1]));
  engine.searches.shut();
  const search = opened.shard.search(nearestPlan([1, 1]), null, budget());
  await settle();
  let closed = false;
  const closing = opened.shard.discard().then(() => {
    closed = true;
  });
  await settle();
  expect(closed).toBe(false);
  expect(engine.openCount).toBe(1);
  await expect(opened.shard.retrieve([1], null)).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(idsOf(opened)).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(upsert(opened, point(2, [1, 1]))).rejects.toMatchObject({ kind: 'unavailable' });
  engine.searches.open();
  expect((await search).hits).toHaveLength(1);
  await closing;
  expect(engine.openCount).toBe(0);
});

test('a long scroll ends early when the shard is closed, and when its client is gone', async () => {
  const opened = await openTestShard();
  for (let start = 0; start < 5000; start += 1000) {
    await upsert(opened, ...Array.from({ length: 1000 }, (_, i) => point(start + i, [1, 1])));
  }
  const cancelled = budget({
    check: () => {
      throw new SextantError('timeout', 'gone');
    },
  });
  await expect(opened.shard.scroll(null, 5000, null, null, cancelled)).rejects.toMatchObject({
    kind: 'timeout',
  });
  const scroll = opened.shard.scroll(null, 5000, null, null, budget());
  const closing = opened.shard.close();
  await expect(scroll).rejects.toMatchObject({ kind: 'unavailable' });
  await closing;
});

test('points deleted between the pages of a scroll do not end it early', async () => {
  const opened = await openTestShard();
  for (let start = 0; start < 6000; start += 1000) {
    const points = Array.from({ length: 1000 }, (_, i) =>
      point(start + i, null, { c: i % 10 ? 'red' : 'blue' }),
    );
    await upsert(opened, ...points);
  }
  for (const filter of [null, isRed]) {
    const before = await idsOf(opened, filter);
    const scroll = opened.shard.scroll(null, 100_000, filter, null, budget());
    const gone = before.slice(2000, 2400);
    await remove(opened, ...gone);
    const found = (await scroll).map(({ id }) => id);
    expect(found.filter((id) => !gone.includes(id))).toEqual(before.filter((id) => !gone.includes(id)));
    const limited = await opened.shard.scroll(null, 3000, filter, null, budget());
    expect(limited).toHaveLength(3000);
  }
  await opened.shard.close();
});

test('a checkpoint that found the disk full is tried again with all that it had taken', async () => {
  const files = new FaultFiles();
  let opened = await openTestShard({ files });
  const { shard } = opened;
  await (await shard.write({ kind: 'createIndex', path: 'c', schema: keyword }, budget())).completed;
  await upsert(opened, point(1, [1, 1], { c: 'red' }), point(2, [2, 2], { c: 'blue' }));
  files.failNth('create', 1, 'ENOSPC');
  await checkpoint(opened);
  expect(await files.exists('shard/records')).toBe(false);
  expect(shard.info().failure).toBeNull();
  await upsert(opened, point(3, [3, 3], { c: 'red' }));
  await checkpoint(opened);
  expect(await files.exists('shard/records')).toBe(true);
  const image = files.image('lost', () => 0);
  await shard.discard();
  opened = await openTestShard({ files: new MemoryFiles({ image }) });
  expect(await idsOf(opened)).toEqual([1, 2, 3]);
  expect(await opened.shard.count(isRed, true, budget())).toBe(2);
  expect(await opened.shard.count(isRed, false, budget())).toBe(2);
  await opened.shard.close();
});

test('while no checkpoint can be written, writes are refused once too much has changed', async () => {
  const files = new FaultFiles();
  // The log needs no other file.
  const config = { ...testConfig(), wal_config: { ...testConfig().wal_config, wal_capacity_mb: 1024 } };
  const opened = await openTestShard({ files, config });
  const large = { text: 'x'.repeat(4 << 20) };
  await upsert(opened, point(0, [1, 1], large));
  // The vectors' file cannot be made.
  files.failNth('create', 1, 'ENOSPC', Number.POSITIVE_INFINITY);
  let id = 1;
  const writeUntilRefused = async (): Promise<void> => {
    for (; id < 100; id++) await upsert(opened, point(id, [1, 1], large));
  };
  await expect(writeUntilRefused()).rejects.toMatchObject({ kind: 'insufficientStorage' });
  expect(id).toBeGreaterThan(10);
  expect(await idsOf(opened)).toHaveLength(id);
  files.failNth('create', 1, 'ENOSPC', 0);
  await opened.shard.discard();
  const again = await openTestShard({ files: new FaultFiles({ image: files.image('lost', () => 0) }) });
  expect(await idsOf(again)).toHaveLength(id);
  await again.shard.close();
});

test('after any other failure no checkpoint is written until the shard is opened again; writes go on', async () => {
  const files = new FaultFiles();
  let opened = await openTestShard({ files });
  await upsert(opened, point(1, [1, 1]));
  // The sync of the vectors' file.
  files.failNth('sync', 1, 'EIO');
  await checkpoint(opened);
  expect(opened.shard.info().failure).toContain('EIO');
  const { events } = files;
  await checkpoint(opened);
  expect(files.events).toBe(events);
  await upsert(opened, point(2, [2, 2]));
  expect(await idsOf(opened)).toEqual([1, 2]);
  await opened.shard.discard();
  opened = await openTestShard({ files });
  expect(await idsOf(opened)).toEqual([1, 2]);
  await checkpoint(opened);
  expect(opened.shard.info().failure).toBeNull();
  await opened.shard.close();
});

test('an operation that cannot be applied makes the shard refuse writes and checkpoints', async () => {
  const files = new FaultFiles();
  const engine = new GateEngine();
  const opened = await openTestShard({ files, engine });
  await upsert(opened, point(1, [1, 1]));
  // What must not happen: the coordinator lets no vector of a wrong length through.
  await expect(upsert(opened, point(2, [1, 2, 3]))).rejects.toThrow();
  await expect(upsert(opened, point(3, [1, 1]))).rejects.toMatchObject({ kind: 'unavailable' });
  await checkpoint(opened);
  expect(await files.exists('shard/records')).toBe(false);
  expect((await opened.shard.retrieve([1], null)).map(({ id }) => id)).toEqual([1]);
  await opened.shard.close();
  expect(await files.exists('shard/records')).toBe(false);
});

test('a payload does not keep the bytes of the request that brought it', async () => {
  const opened = await openTestShard();
  await upsert(opened, point(1, [1, 1]), point(2, [1, 1]));
  const body = Buffer.from(' '.repeat(1000) + JSON.stringify({ a: 1 }));
  const payload = body.subarray(1000);
  const { shard } = opened;
  await shard.write({ kind: 'setPayload', selector: byIds(1), payload, path: null }, budget());
  await shard.write({ kind: 'overwritePayload', selector: byIds(2), payload }, budget());
  await shard.write({ kind: 'upsert', points: [{ ...point(3, [1, 1]), payload }] }, budget());
  await settle();
  body.fill(0);
  for (const stored of await shard.retrieve([1, 2, 3], null)) {
    expect(Buffer.from(stored.payload!).toString()).toBe('{"a":1}');
    expect(stored.payload!.buffer.byteLength).toBeLessThan(100);
  }
  await shard.close();
});

test('a point without payload, with an empty one, and cleared ones come back as such', async () => {
  const files = new MemoryFiles();
  let opened = await openTestShard({ files });
  await upsert(
    opened,
    point(1, [1, 1]),
    point(2, [1, 1], {}),
    point(3, [1, 1], { a: 1 }),
    point(4, [1, 1], { a: 1 }),
  );
  const { shard } = opened;
  await shard.write({ kind: 'clearPayload', selector: byIds(3) }, budget());
  await shard.write({ kind: 'deletePayload', selector: byIds(4), keys: ['a'] }, budget());
  for (let round = 0; round < 2; round++) {
    const found = await opened.shard.retrieve([1, 2, 3, 4], null);
    const texts = found.map(({ payload }) => payload && Buffer.from(payload).toString());
    expect(texts).toEqual([null, '{}', null, '{}']);
    await opened.shard.close();
    opened = await openTestShard({ files });
  }
  await opened.shard.close();
});

test('an index that is being built when the shard stops is built after the start', async () => {
  const files = new FaultFiles();
  let opened = await openTestShard({ files });
  const points = Array.from({ length: 1000 }, (_, i) => point(i, null, { c: i % 2 ? 'red' : 'blue' }));
  await upsert(opened, ...points);
  const accepted = await opened.shard.write({ kind: 'createIndex', path: 'c', schema: keyword }, budget());
  await accepted.durable;
  const image = files.image('lost', () => 0);
  await opened.shard.close();
  for (const reopened of [files, new MemoryFiles({ image })]) {
    opened = await openTestShard({ files: reopened });
    await settle();
    const info = opened.shard.info();
    expect(info.payloadSchema.get('c')?.points).toBe(1000);
    expect(info.optimizing).toBe(false);
    expect(await opened.shard.count(isRed, false, budget())).toBe(500);
    await opened.shard.close();
  }
});

test('another graph than the stored one: no checkpoint tells of it before its files go, and it is built again', async () => {
  const files = new FaultFiles();
  const config = testConfig(undefined, { indexing_threshold: 0.001 });
  let opened = await openTestShard({ files, config });
  await upsert(opened, point(1, [1, 1]), point(2, [2, 2]), point(3, [3, 3]));
  await settle();
  await checkpoint(opened);
  expect(opened.shard.info().indexedVectors).toBe(3);
  await files.replace('shard/segments/0/v0.links', Buffer.from('a graph'));
  const other = { ...config, hnsw_config: { ...config.hnsw_config, m: 8 } };
  files.onEvent = (_event, kind) => {
    if (kind !== 'remove') return;
    // The graph's file goes now: what a crash would leave must not count on it.
    files.onEvent = null;
    images.push(files.image('lost', () => 0));
  };
  const images: Parameters<typeof atOpen>[0][] = [];
  await opened.shard.configure(other);
  expect(images).toHaveLength(1);
  await settle();
  expect(opened.shard.info().indexedVectors).toBe(3);
  await opened.shard.close();
  expect(await atOpen(images[0]!)).toBe(0);

  async function atOpen(image: ReturnType<FaultFiles['image']>): Promise<number> {
    const never = testConfig(undefined, { indexing_threshold: 0 });
    opened = await openTestShard({ files: new MemoryFiles({ image }), config: never });
    const { indexedVectors } = opened.shard.info();
    expect(await idsOf(opened)).toEqual([1, 2, 3]);
    await opened.shard.close();
    return indexedVectors;
  }
});

test('a write of more than a thousand points becomes several operations, all durable when it is', async () => {
  const files = new FaultFiles();
  let opened = await openTestShard({ files });
  const points = Array.from({ length: 2500 }, (_, i) => point(i, null));
  const accepted = await opened.shard.write({ kind: 'upsert', points }, budget());
  expect(accepted.sequence).toBe(3);
  await accepted.durable;
  const image = files.image('lost', () => 0);
  await opened.shard.discard();
  opened = await openTestShard({ files: new MemoryFiles({ image }) });
  expect(await idsOf(opened)).toHaveLength(2500);
  await opened.shard.close();
});

test('a write that finds nothing to do is not durable before the writes that it saw', async () => {
  const files = new FaultFiles();
  const opened = await openTestShard({ files });
  await upsert(opened, point(1, [1, 1]));
  files.failNth('sync', 1, 'EIO');
  const { shard } = opened;
  const first = await shard.write({ kind: 'delete', selector: byIds(1) }, budget());
  const second = await shard.write({ kind: 'delete', selector: byIds(1) }, budget());
  expect(second.sequence).toBe(first.sequence);
  await expect(first.durable).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(second.durable).rejects.toMatchObject({ kind: 'unavailable' });
  await shard.close();
});

test('writes name the point that is not there and are not logged', async () => {
  const { shard } = await openTestShard();
  const payload = json({ a: 1 });
  for (const request of [
    { kind: 'setPayload', selector: byIds(7), payload, path: null },
    { kind: 'clearPayload', selector: byIds(7) },
    { kind: 'updateVectors', points: [{ id: 7, vectors: new Map() }] },
    { kind: 'deleteVectors', selector: byIds(7), names: [''] },
  ] as const) {
    await expect(
      shard.write(structuredClone(request) as Parameters<typeof shard.write>[0], budget()),
    ).rejects.toMatchObject({
      kind: 'notFound',
      message: 'No point with id 7 found',
    });
  }
  expect((await shard.write({ kind: 'delete', selector: byIds(7) }, budget())).sequence).toBe(0);
  await shard.close();
});
