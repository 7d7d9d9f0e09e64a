import { describe, expect, test } from 'vitest';
import type { Datatype } from '../../model/collection-config.ts';
import type { Distance } from '../../model/distance.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { AssertionError } from '../../shared/assert.ts';
import type { VectorIndex, VectorIndexOptions } from '../engine.ts';
import { DIM, graph, type Harness, plain, search } from './harness.ts';
import { MemoryArenas } from './test-data.ts';

const vector = new Float32Array(DIM).fill(1);
const slot = Uint32Array.of(0);
const BAD_CALLS: [string, (index: VectorIndex) => unknown][] = [
  ['too few numbers', (index) => index.write(slot, vector.subarray(1))],
  ['too many numbers', (index) => index.write(slot, new Float32Array(DIM * 2))],
  [
    'NaN',
    (index) =>
      index.write(
        slot,
        vector.map((_, i) => (i === 3 ? Number.NaN : 1)),
      ),
  ],
  [
    'infinity',
    (index) =>
      index.write(
        slot,
        vector.map((_, i) => (i === 3 ? Infinity : 1)),
      ),
  ],
  ['room beyond the capacity', (index) => index.reserve(100_001)],
  ['half a slot of room', (index) => index.reserve(0.5)],
  ['slots beyond the capacity', (index) => index.write(Uint32Array.of(100_000), vector)],
  ['slots of another type', (index) => index.write([0] as never, vector)],
  ['vectors of another type', (index) => index.write(slot, new Float64Array(DIM) as never)],
  ['slots that were never written', (index) => index.read(Uint32Array.of(5))],
  ['to remove what was never written', (index) => index.remove(Uint32Array.of(5))],
  ['to score what was never written', (index) => index.score(vector, Uint32Array.of(5))],
  ['a query of the wrong length', (index) => index.score(vector.subarray(1), slot)],
  [
    'a query that is not finite',
    (index) =>
      index.searchSync(
        plain(
          vector.map(() => Number.NaN),
          1,
        ),
      ),
  ],
  ['no query', (index) => index.searchSync(plain(new Float32Array(), 1))],
  ['half a query', (index) => index.searchSync(plain(vector.subarray(1), 1))],
  ['topK 0', (index) => index.searchSync(plain(vector, 0))],
  ['topK 1.5', (index) => index.searchSync(plain(vector, 1.5))],
  ['a negative ef', (index) => index.searchSync(plain(vector, 1, { ef: -1 }))],
  ['an unknown strategy', (index) => index.searchSync({ ...plain(vector, 1), strategy: 'x' as never })],
  ['slots for the graph', (index) => index.searchSync(graph(vector, 1, { slots: slot }))],
  ['slots out of range', (index) => index.searchSync(plain(vector, 1, { slots: Uint32Array.of(9) }))],
  ['a negative timeout', (index) => index.searchSync(plain(vector, 1, { timeoutMs: -1 }))],
  [
    'a bitmap of bytes',
    (index) => index.searchSync(plain(vector, 1, { allowed: new Uint8Array(4) as never })),
  ],
];
const BAD_OPTIONS: [string, Partial<VectorIndexOptions>][] = [
  ['dim 0', { dim: 0 }],
  ['dim 65537', { dim: 65_537 }],
  ['an unknown distance', { distance: 'Hamming' as Distance }],
  ['an unknown datatype', { datatype: 'float64' as Datatype }],
  ['m -1', { m: -1 }],
  ['capacity 0', { capacity: 0 }],
  ['a count beyond the capacity', { capacity: 10, count: 11, alive: new Uint32Array(1) }],
  ['bitmaps that are too short', { count: 33, alive: new Uint32Array(2), linked: new Uint32Array(1) }],
  ['a count without arenas', { count: 1, alive: new Uint32Array(1), linked: new Uint32Array(1) }],
  ['a quantile of 0.4', { codes: { quantile: 0.4 } }],
];
/** A bad argument is told, and changes nothing. */
export function describeRefusals(harness: Harness): void {
  describe('refuses', () => {
    test.each(BAD_CALLS)('%s', async (_what, run) => {
      const index = await harness.openIndex();
      index.write(slot, vector);
      expect(() => run(index)).toThrow(AssertionError);
      expect((await search(index, plain(vector, 1))).slots[0]).toBe(0);
    });

    test.each(BAD_OPTIONS)('%s', async (_what, options) => {
      await expect(harness.openIndex(options)).rejects.toThrow(AssertionError);
    });

    test('everything once closed', async () => {
      const index = await harness.openIndex();
      index.write(slot, vector);
      await index.close();
      await index.close();
      expect(() => index.write(slot, vector)).toThrow('the index is closed');
      expect(() => index.read(slot)).toThrow(AssertionError);
      await expect(index.search(plain(vector, 1))).rejects.toThrow('the index is closed');
      await expect(index.sync()).rejects.toThrow(AssertionError);
    });

    test('arenas that are shorter than the checkpoint', async () => {
      const options = { arenas: new MemoryArenas(), count: 100, alive: SlotSet.below(100).words };
      await expect(harness.openIndex({ ...options, linked: new Uint32Array(4) })).rejects.toThrow();
    });
  });
}
