import { expect, test } from 'vitest';
import { ManualClock } from '../../test/harness/manual-clock.ts';
import { context, createRequest, NO_WAIT, openTestNode, WAIT } from '../../test/harness/open-test-node.ts';
import { settle, testConfig } from '../../test/harness/open-test-shard.ts';
import type { WriteRequest } from '../model/write.ts';
import { MemoryFiles } from '../storage/files/memory-files.ts';
import type { Deps } from './deps.ts';
import { write } from './write.ts';

const createIndex: WriteRequest = {
  kind: 'createIndex',
  path: 'a',
  schema: { type: 'keyword', params: null, lookup: true, range: true },
};

/** Collections with one shard whose writes are done when the test says so. */
function heldBack() {
  const clock = new ManualClock();
  let finish!: () => void;
  const completed = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const shard = { write: async () => ({ sequence: 7, durable: Promise.resolve(), completed }) };
  const collections = { get: async () => ({ shard, config: testConfig() }) };
  return { deps: { collections, clock } as unknown as Deps, clock, finish };
}

test('a write that is not done in time says so and goes on; no timer stays', async () => {
  const { deps, clock, finish } = heldBack();
  const written = write(deps, context(clock), 'c', [createIndex], { ...WAIT, timeoutSec: 2 });
  await settle();
  clock.advance(1999);
  await settle();
  clock.advance(1);
  expect(await written).toEqual([{ operationId: 7, status: 'wait_timeout' }]);
  finish();
  expect(clock.pending).toBe(0);
});

test('a write that is done in time is completed; without wait it is acknowledged before that', async () => {
  const { deps, clock, finish } = heldBack();
  expect(await write(deps, context(clock), 'c', [createIndex], NO_WAIT)).toEqual([
    { operationId: 7, status: 'acknowledged' },
  ]);
  const written = write(deps, context(clock), 'c', [createIndex], { ...WAIT, timeoutSec: 2 });
  await settle();
  finish();
  expect(await written).toEqual([{ operationId: 7, status: 'completed' }]);
  expect(clock.pending).toBe(0);
});

test('nothing of a batch is written when one of its writes does not fit the schema', async () => {
  const node = await openTestNode({ files: new MemoryFiles() });
  await node.coordinator.createCollection(context(), 'c', createRequest(2));
  const upsert = (name: string, ...vector: number[]): WriteRequest => ({
    kind: 'upsert',
    points: [{ id: 1, vectors: new Map([[name, Float32Array.from(vector)]]), payload: null }],
  });
  const all = { ids: [1], filter: null };
  for (const [wrong, message] of [
    [upsert('', 1, 2, 3), 'Vector dimension error: expected dim: 2, got 3'],
    [upsert('other', 1, 2), 'Not existing vector name error: other'],
    [{ kind: 'deleteVectors', selector: all, names: ['x'] }, 'Not existing vector name error: x'],
    [{ kind: 'deletePayload', selector: all, keys: ['a..b'] }, "Invalid json path: 'a..b'"],
    [{ ...createIndex, path: '' }, "Invalid json path: ''"],
  ] satisfies [WriteRequest, string][]) {
    const written = node.coordinator.write(context(), 'c', [upsert('', 1, 2), wrong], WAIT);
    await expect(written).rejects.toThrow(message);
  }
  expect(await node.coordinator.count(context(), 'c', { filter: null, exact: true })).toBe(0);
  await node.close();
});
