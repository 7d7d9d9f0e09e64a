import { expect, test } from 'vitest';
import { json } from '../../test/harness/open-test-node.ts';
import { point, testConfig } from '../../test/harness/open-test-shard.ts';
import { ReferenceEngine } from '../engine/reference/reference-engine.ts';
import type { Operation } from '../model/operation.ts';
import type { PointId } from '../model/point-id.ts';
import { systemClock } from '../shared/clock.ts';
import { MemoryFiles } from '../storage/files/memory-files.ts';
import { applyOperation } from './apply.ts';
import { storedPoint } from './retrieve.ts';
import { SegmentSet } from './segment-set.ts';
import { emptyState } from './state.ts';

async function emptySet(): Promise<SegmentSet> {
  const options = { engine: new ReferenceEngine(systemClock), files: new MemoryFiles(), folder: 's' };
  const set = await SegmentSet.open(options, testConfig(), emptyState(), null);
  await set.ensureRoom(1000);
  return set;
}

/** Version, payload and vector of a point, or null. */
function seen(set: SegmentSet, id: PointId) {
  const place = set.points.locate(id);
  if (place === undefined) return null;
  const { version, payload, vectors } = storedPoint(set, place, ['']);
  return [version, payload && Buffer.from(payload).toString(), [...(vectors!.get('') ?? [])]];
}

test('operations that name points that are gone pass them over and change the others', async () => {
  const set = await emptySet();
  applyOperation(set, { kind: 'upsert', points: [point(1, [1, 1], { a: 1 })] }, 1);
  const ids = [404, 1];
  const payload = json({ b: 2 });
  const operations: Operation[] = [
    { kind: 'setPayload', ids, payload, path: null },
    { kind: 'deletePayload', ids, keys: ['a'] },
    {
      kind: 'updateVectors',
      points: ids.map((id) => ({ id, vectors: new Map([['', Float32Array.of(2, 2)]]) })),
    },
    { kind: 'deleteVectors', ids, names: [''] },
    { kind: 'overwritePayload', ids, payload: json({ c: 3 }) },
    { kind: 'clearPayload', ids },
  ];
  const states = [];
  for (const [i, operation] of operations.entries()) {
    applyOperation(set, operation, i + 2);
    states.push(seen(set, 1));
    expect(seen(set, 404)).toBeNull();
  }
  expect(states).toEqual([
    [2, '{"a":1,"b":2}', [1, 1]],
    [3, '{"b":2}', [1, 1]],
    [4, '{"b":2}', [2, 2]],
    [5, '{"b":2}', []],
    [6, '{"c":3}', []],
    [7, null, []],
  ]);
  applyOperation(set, { kind: 'delete', ids }, 8);
  expect(seen(set, 1)).toBeNull();
  expect(set.appendable.liveCount).toBe(0);
  await set.close();
});

test('of an id that comes twice in one operation the last stays', async () => {
  const set = await emptySet();
  const points = [point(1, [1, 1], { n: 1 }), point(2, [2, 2]), point(1, [3, 3], { n: 2 })];
  applyOperation(set, { kind: 'upsert', points }, 1);
  expect(seen(set, 1)).toEqual([1, '{"n":2}', [3, 3]]);
  expect(set.appendable.liveCount).toBe(2);
  const vectors = (x: number) => new Map([['', Float32Array.of(x, x)]]);
  const changes = [4, 5].map((x) => ({ id: 1, vectors: vectors(x) }));
  applyOperation(set, { kind: 'updateVectors', points: changes }, 2);
  expect(seen(set, 1)).toEqual([2, '{"n":2}', [5, 5]]);
  applyOperation(set, { kind: 'delete', ids: [1, 1] }, 3);
  expect(set.appendable.liveCount).toBe(1);
  await set.close();
});

test('a point moves to the appendable segment when its vector changes, and stays when its payload does', async () => {
  const small = await SegmentSet.open(
    { engine: new ReferenceEngine(systemClock), files: new MemoryFiles(), folder: 's' },
    testConfig(undefined, { max_segment_size: 1 }),
    emptyState(),
    null,
  );
  for (let start = 0; start < 2000; start += 1000) {
    await small.ensureRoom(1000);
    const points = Array.from({ length: 1000 }, (_, i) => point(start + i, [1, 1]));
    applyOperation(small, { kind: 'upsert', points }, start + 1);
  }
  expect(small.segments.map(({ liveCount }) => liveCount)).toEqual([1000, 1000]);
  applyOperation(small, { kind: 'setPayload', ids: [5], payload: json({ a: 1 }), path: null }, 5000);
  expect(small.segments.map(({ liveCount }) => liveCount)).toEqual([1000, 1000]);
  await small.ensureRoom(1);
  const moved = [{ id: 5, vectors: new Map([['', Float32Array.of(7, 7)]]) }];
  applyOperation(small, { kind: 'updateVectors', points: moved }, 5001);
  expect(small.segments.map(({ liveCount }) => liveCount)).toEqual([999, 1001]);
  expect(seen(small, 5)).toEqual([5001, '{"a":1}', [7, 7]]);
  await small.close();
});
