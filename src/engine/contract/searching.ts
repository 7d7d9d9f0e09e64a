import { describe, expect, test } from 'vitest';
import { SlotSet } from '../../model/slot-set.ts';
import {
  DIM,
  expectClose,
  graph,
  type Harness,
  linkAll,
  overlap,
  plain,
  search,
  slotsBelow,
} from './harness.ts';
import { clusteredVectors, randomNumbers } from './test-data.ts';

/** Filters and explicit slots. */
export function describeSearching(harness: Harness): void {
  describe('filters', () => {
    const vectors = clusteredVectors(1500, DIM, 6);
    const queries = clusteredVectors(20, DIM, 7);
    test.each([1, 10, 150, 1400])('%i allowed slots', async (allowedCount) => {
      const { index, oracle } = await harness.both({}, vectors);
      await linkAll(index);
      const random = randomNumbers(allowedCount);
      const set = new SlotSet();
      while (set.count() < allowedCount) set.add(Math.floor(random() * 1500));
      const expected = oracle.searchSync(plain(queries, 10, { allowed: set.words }));
      const scanned = await search(index, plain(queries, 10, { allowed: set.words }));
      expect([...scanned.slots]).toEqual([...expected.slots]);
      for (const expand of [false, true]) {
        const walked = await search(index, graph(queries, 10, { allowed: set.words, expand, ef: 100 }));
        expect(walked.slots.every((slot) => set.has(slot))).toBe(true);
        expect(walked.slots.length).toBe(expected.slots.length);
        expect(overlap(walked, expected)).toBeGreaterThanOrEqual(expected.slots.length * 0.95);
      }
    });

    test('explicit slots: the alive ones of them are scored', async () => {
      const { index } = await harness.both({}, vectors);
      index.remove(Uint32Array.of(30));
      const found = await search(
        index,
        plain(queries.subarray(0, DIM), 10, { slots: Uint32Array.of(1000, 30, 2) }),
      );
      expect([...found.slots].sort((a, b) => a - b)).toEqual([2, 1000]);
      const none = await search(index, plain(queries.subarray(0, DIM), 10, { slots: new Uint32Array() }));
      expect(none.slots.length).toBe(0);
    });

    test('no slot allowed', async () => {
      const { index } = await harness.both({}, vectors);
      await linkAll(index);
      for (const allowed of [new Uint32Array(), new Uint32Array(60)]) {
        expect((await search(index, plain(queries, 10, { allowed }))).slots.length).toBe(0);
        expect((await search(index, graph(queries, 10, { allowed }))).slots.length).toBe(0);
      }
    });
  });
}

/** Removal, repair and codes. */
export function describeChanges(harness: Harness): void {
  test('removed slots are never found, and come back after repair', async () => {
    const vectors = clusteredVectors(1200, DIM, 8);
    const { index, oracle } = await harness.both({}, vectors);
    await linkAll(index);
    const gone = slotsBelow(1200).filter((slot) => slot % 3 === 0);
    for (const each of [index, oracle]) each.remove(gone);
    index.remove(gone);
    expect([index.linkedCount, index.tombstoneCount]).toEqual([800, 400]);
    const queries = vectors.slice(0, 30 * DIM);
    const expected = oracle.searchSync(plain(queries, 10));
    const check = async () => {
      const found = await search(index, graph(queries, 10, { ef: 128 }));
      expect(found.slots.every((slot) => slot % 3 !== 0)).toBe(true);
      expect(overlap(found, expected)).toBeGreaterThanOrEqual(285);
    };
    await check();
    const freed: number[] = [];
    while (index.tombstoneCount > 0) freed.push(...(await index.repair({ max: 100, threads: 2 })));
    expect(freed.sort((a, b) => a - b)).toEqual([...gone]);
    await check();
    index.write(gone, vectors.subarray(0, gone.length * DIM));
    await linkAll(index);
    expect([index.count, index.linkedCount]).toEqual([1200, 1200]);
    const again = await search(index, graph(vectors.subarray(DIM, 2 * DIM), 2, { ef: 128 }));
    expect([...again.slots]).toEqual([1, 3]);
  });

  test('int8 codes drive the walk, originals rescore', async () => {
    const vectors = clusteredVectors(2000, DIM, 9);
    const { index, oracle } = await harness.both({ codes: { quantile: 0.99 } }, vectors);
    await linkAll(index);
    const queries = clusteredVectors(50, DIM, 10);
    const expected = oracle.searchSync(plain(queries, 10));
    const found = await search(index, graph(queries, 10, { ef: 128 }));
    expect(overlap(found, expected)).toBeGreaterThanOrEqual(475);
    expectClose(found.similarities.subarray(0, 10), expected.similarities.subarray(0, 10), 1e-4);
    if (harness.approximate) expect(found.cost.rescored).toBeGreaterThan(0);
    const exact = await search(index, plain(queries, 10, { codes: false }));
    expect(overlap(exact, expected)).toBe(500);
    // In slices each range of slots has its own candidates to rescore, so this need not equal `searchSync`.
    const scanned = await index.search(plain(queries, 10, { oversampling: 4 }));
    expect(overlap(scanned, expected)).toBeGreaterThanOrEqual(490);
    if (harness.approximate) expect(index.bytes.codes).toBeGreaterThan(0);
  });
}
