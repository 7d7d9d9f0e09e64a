import { expect, test } from 'vitest';
import { MemoryFiles } from '../../src/storage/files/memory-files.ts';
import {
  context,
  createRequest,
  json,
  openTestNode,
  queryRequest,
  textOf,
  WAIT,
} from '../harness/open-test-node.ts';

test('points are written, found, and there again after a restart', async () => {
  const files = new MemoryFiles();
  let node = await openTestNode({ files });
  await node.coordinator.createCollection(context(), 'c', createRequest(2));
  const points = [1, 2, 3].map((id) => ({
    id,
    vectors: new Map([['', Float32Array.of(id, 1)]]),
    payload: json({ n: id }),
  }));
  const [result] = await node.coordinator.write(context(), 'c', [{ kind: 'upsert', points }], WAIT);
  expect(result).toEqual({ operationId: 1, status: 'completed' });
  for (let round = 0; round < 2; round++) {
    const [hits] = await node.coordinator.query(context(), 'c', [
      queryRequest({ query: { vector: Float32Array.of(1, 0) } }),
    ]);
    expect(hits!.map(({ id, score, payload }) => [id, score, textOf(payload)])).toEqual([
      [3, 3, '{"n":3}'],
      [2, 2, '{"n":2}'],
      [1, 1, '{"n":1}'],
    ]);
    await node.close();
    node = await openTestNode({ files });
  }
  await node.close();
});
