import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SlotSet } from '../../model/slot-set.ts';
import type { ArenaStore } from '../engine.ts';
import { DIM, graph, type Harness, linkAll, overlap, plain, sample, search, slotsBelow } from './harness.ts';
import { clusteredVectors, MemoryArenas } from './test-data.ts';

/** What is there when an index is opened again. */
export function describePersistence(harness: Harness): void {
  const places = harness.maps ? (['store', 'files'] as const) : (['store'] as const);
  describe.each(places)('reopened from %s', (place) => {
    const vectors = clusteredVectors(900, DIM, 11);
    const makeArenas = (): ArenaStore | { realPath: string } =>
      place === 'store' ? new MemoryArenas() : { realPath: join(harness.newFolder(), 'vectors') };

    test('vectors, graph and tombstones are there', async () => {
      const arenas = makeArenas();
      const options = { arenas, codes: { quantile: 1 } };
      const first = await harness.openIndex(options);
      first.write(slotsBelow(600), vectors.subarray(0, 600 * DIM));
      await linkAll(first);
      first.write(slotsBelow(900).subarray(600), vectors.subarray(600 * DIM));
      first.remove(Uint32Array.of(0, 1, 899));
      const linked = first.linkedWords();
      await first.sync();
      const query = vectors.subarray(500 * DIM, 501 * DIM);
      const before = await search(first, graph(query, 20));
      await first.close();

      const alive = SlotSet.below(900);
      for (const slot of [0, 1, 899]) alive.delete(slot);
      const again = await harness.openIndex({ ...options, count: 900, alive: alive.words, linked });
      expect([again.count, again.linkedCount, again.unlinkedCount]).toEqual([900, 598, 299]);
      expect(again.tombstoneCount).toBe(2);
      expect([...(await search(again, graph(query, 20))).slots]).toEqual([...before.slots]);
      await linkAll(again);
      again.write(Uint32Array.of(900), query);
      await again.sync();
      expect([...(await search(again, graph(query, 2))).slots]).toEqual([500, 900]);
    });

    test('what came after the checkpoint is not there, and nothing links to it', async () => {
      const arenas = makeArenas();
      const first = await harness.openIndex({ arenas });
      first.write(slotsBelow(600), vectors.subarray(0, 600 * DIM));
      await first.link({ max: 300, threads: 1 });
      const linked = first.linkedWords();
      await first.sync();
      first.write(slotsBelow(900).subarray(600), vectors.subarray(600 * DIM));
      await linkAll(first);
      await first.sync();
      await first.close();
      const again = await harness.openIndex({ arenas, count: 600, alive: SlotSet.below(600).words, linked });
      expect([again.count, again.linkedCount, again.unlinkedCount]).toEqual([600, 300, 300]);
      await linkAll(again);
      const queries = clusteredVectors(20, DIM, 12);
      const oracle = await harness.openOracle();
      oracle.write(slotsBelow(600), vectors.subarray(0, 600 * DIM));
      const found = await search(again, graph(queries, 10, { ef: 128 }));
      expect(found.slots.every((slot) => slot < 600)).toBe(true);
      expect(overlap(found, oracle.searchSync(plain(queries, 10)))).toBeGreaterThanOrEqual(190);
    });
  });
}

/** A store that fails for a while. */
export function describeFailingStore(harness: Harness): void {
  test('a write to the store that failed is made good by the next sync', async () => {
    const arenas = new MemoryArenas();
    const index = await harness.openIndex({ arenas });
    const vectors = sample(50, 'float32');
    index.write(slotsBelow(50), vectors);
    arenas.failures = 1;
    await expect(index.sync()).rejects.toThrow('no room');
    await index.sync();
    await index.close();
    const again = await harness.openIndex({
      arenas,
      count: 50,
      alive: SlotSet.below(50).words,
      linked: new Uint32Array(2),
    });
    expect((await search(again, plain(vectors.subarray(DIM, 2 * DIM), 1))).slots[0]).toBe(1);
  });
}
