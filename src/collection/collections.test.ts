import { expect, test } from 'vitest';
import { GateEngine } from '../../test/harness/gate-engine.ts';
import {
  context,
  createRequest,
  json,
  openTestNode,
  queryRequest,
  type TestNode,
  WAIT,
} from '../../test/harness/open-test-node.ts';
import { settle } from '../../test/harness/open-test-shard.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import { FaultFiles } from '../storage/files/fault-files.ts';
import { MemoryFiles } from '../storage/files/memory-files.ts';

const FILE = 'collections/00000001/collection.json';

const create = (node: TestNode, name: string): Promise<void> =>
  node.coordinator.createCollection(context(), name, createRequest(2));

async function upsert(node: TestNode, name: string, id: number): Promise<void> {
  const points = [{ id, vectors: new Map([['', Float32Array.of(id, 1)]]), payload: json({ id }) }];
  await node.coordinator.write(context(), name, [{ kind: 'upsert', points }], WAIT);
}

const count = (node: TestNode, name: string): Promise<number> =>
  node.coordinator.count(context(), name, { filter: null, exact: true });

/** A logger that keeps what it is told. */
function recorder(): { logger: Logger; lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string, fields: object = {}): void => {
    lines.push(`${message} ${Object.values(fields).map(String).join(' ')}`);
  };
  return { logger: { ...silentLogger, warn: keep, error: keep }, lines };
}

test('collections keep their names, parameters and points over a restart; dropped ones stay away', async () => {
  const files = new MemoryFiles();
  let node = await openTestNode({ files });
  const names = ['a', '..', 'x/y', 'ümläut'];
  for (const name of names) await create(node, name);
  for (const [i, name] of names.entries()) await upsert(node, name, i);
  expect(await node.coordinator.deleteCollection(context(), 'a')).toBe(true);
  expect(await node.coordinator.deleteCollection(context(), 'a')).toBe(false);
  await create(node, 'b');
  for (let round = 0; round < 2; round++) {
    expect(node.coordinator.listCollections().sort()).toEqual(['..', 'b', 'x/y', 'ümläut']);
    expect(await count(node, 'x/y')).toBe(1);
    expect(await count(node, 'b')).toBe(0);
    await expect(count(node, 'a')).rejects.toMatchObject({
      kind: 'notFound',
      message: "Collection `a` doesn't exist!",
    });
    await node.close();
    node = await openTestNode({ files });
  }
  await node.close();
  expect(await files.list('trash')).toEqual([]);
});

test('a name is taken once, also when two ask for it at the same time', async () => {
  const node = await openTestNode({ files: new MemoryFiles() });
  const results = await Promise.allSettled([create(node, 'a'), create(node, 'a')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  await expect(create(node, 'a')).rejects.toMatchObject({
    kind: 'alreadyExists',
    message: 'Collection `a` already exists!',
  });
  await node.close();
});

test('metadata keeps integers beyond 2^53 and keys such as __proto__', async () => {
  const files = new MemoryFiles();
  const metadata = Object.assign(Object.create(null), { big: 2n ** 63n });
  Object.defineProperty(metadata, '__proto__', {
    value: 1,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  let node = await openTestNode({ files });
  await node.coordinator.createCollection(context(), 'a', createRequest(2, { metadata }));
  await node.close();
  node = await openTestNode({ files });
  const { config } = await node.coordinator.collectionInfo(context(), 'a');
  expect(Object.entries(config.metadata!)).toEqual([
    ['big', 2n ** 63n],
    ['__proto__', 1],
  ]);
  await node.close();
});

test('a damaged log: that collection answers with the file, the others serve, and it can be dropped', async () => {
  const files = new MemoryFiles();
  let node = await openTestNode({ files });
  for (const name of ['a', 'b']) {
    await create(node, name);
    for (let id = 0; id < 3; id++) await upsert(node, name, id);
  }
  const [logFile] = await files.list('collections/00000001/shards/0/wal');
  const path = `collections/00000001/shards/0/wal/${logFile}`;
  // No checkpoint: the log is all there is, and its first record is damaged.
  const image = await files.read(path);
  await Promise.all(['a', 'b'].map(async (name) => (await node.collections.get(name)).shard.discard()));
  image[100]! ^= 1;
  await files.replace(path, image);
  const { logger, lines } = recorder();
  node = await openTestNode({ files, logger });
  expect(node.coordinator.listCollections()).toEqual(['a', 'b']);
  await expect(count(node, 'a')).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(count(node, 'a')).rejects.toThrow(path);
  expect(lines.join()).toContain(path);
  expect(await count(node, 'b')).toBe(3);
  expect(await node.coordinator.deleteCollection(context(), 'a')).toBe(true);
  await create(node, 'a');
  expect(await count(node, 'a')).toBe(0);
  await node.close();
});

test.each(['', 'no JSON', 'null', '{"format":2}', '{"format":1,"name":"a"}'])(
  'a collection file that reads %j is named in the log; the others serve and its data stays',
  async (text) => {
    const files = new MemoryFiles();
    let node = await openTestNode({ files });
    await create(node, 'a');
    await create(node, 'b');
    await node.close();
    await files.replace(FILE, Buffer.from(text));
    const { logger, lines } = recorder();
    node = await openTestNode({ files, logger });
    expect(node.coordinator.listCollections()).toEqual(['b']);
    expect(lines.join()).toContain(FILE);
    expect(await files.exists(FILE)).toBe(true);
    await create(node, 'c');
    await node.close();
    expect(await files.exists('collections/00000003/collection.json')).toBe(true);
  },
);

test('a folder that is no collection is left alone, a creation that was cut short is removed', async () => {
  const files = new MemoryFiles();
  await files.replace('collections/notes/readme', Buffer.from('x'));
  await files.makeFolder('collections/00000007/shards/0');
  const node = await openTestNode({ files });
  expect(await files.list('collections')).toEqual(['notes']);
  await create(node, 'a');
  expect(await files.list('collections')).toEqual(['00000008', 'notes']);
  await node.close();
});

test('a creation that fails leaves nothing behind and can be tried again', async () => {
  const files = new FaultFiles();
  const engine = new GateEngine();
  const node = await openTestNode({ files, engine });
  for (const kind of ['write', 'sync', 'rename', 'syncFolder'] as const) {
    files.failNth(kind, 1, 'ENOSPC');
    await expect(create(node, 'a'), kind).rejects.toThrow('ENOSPC');
    expect(node.coordinator.collectionExists('a')).toBe(false);
    expect(await files.list('collections')).toEqual([]);
    expect(engine.openCount).toBe(0);
  }
  await create(node, 'a');
  await upsert(node, 'a', 1);
  await node.close();
});

test('a drop that fails leaves the collection listed, refusing everything, and can be tried again', async () => {
  const files = new FaultFiles();
  let node = await openTestNode({ files });
  for (const kind of ['rename', 'syncFolder'] as const) {
    await create(node, kind);
    await upsert(node, kind, 1);
    files.failNth(kind, 1, 'EIO');
    const dropped = node.coordinator.deleteCollection(context(), kind);
    await expect(dropped).rejects.toMatchObject({ kind: 'unavailable' });
    expect(node.coordinator.collectionExists(kind)).toBe(true);
    await expect(count(node, kind)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await node.coordinator.deleteCollection(context(), kind)).toBe(true);
  }
  await node.close();
  node = await openTestNode({ files });
  expect(node.coordinator.listCollections()).toEqual([]);
  await node.close();
});

test('a collection is gone at once for new requests and waits for the searches that run', async () => {
  const engine = new GateEngine();
  const files = new MemoryFiles();
  const node = await openTestNode({ files, engine });
  await create(node, 'a');
  await upsert(node, 'a', 1);
  engine.searches.shut();
  const search = node.coordinator.query(context(), 'a', [
    queryRequest({ query: { vector: Float32Array.of(1, 1) } }),
  ]);
  await settle();
  const dropped = node.coordinator.deleteCollection(context(), 'a');
  await settle();
  await expect(count(node, 'a')).rejects.toMatchObject({ kind: 'notFound' });
  expect(await files.list('collections')).toHaveLength(1);
  engine.searches.open();
  expect((await search)[0]).toHaveLength(1);
  expect(await dropped).toBe(true);
  expect(await files.list('collections')).toEqual([]);
  await node.close();
  expect(engine.openCount).toBe(0);
});

test('of two changes of parameters at the same time none is lost', async () => {
  const node = await openTestNode({ files: new MemoryFiles() });
  await create(node, 'a');
  const change = {
    vectors: null,
    optimizers_config: null,
    params: null,
    hnsw_config: null,
    quantization_config: null,
  };
  await Promise.all(
    ['x', 'y', 'z'].map((key) =>
      node.coordinator.updateCollection(context(), 'a', { ...change, metadata: { [key]: 1 } }),
    ),
  );
  const { config } = await node.coordinator.collectionInfo(context(), 'a');
  expect(Object.keys(config.metadata!)).toEqual(['x', 'y', 'z']);
  await node.close();
});
