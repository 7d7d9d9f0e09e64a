import { describe, expect, test } from 'vitest';
import type { Datatype } from '../../model/collection-config.ts';
import { DISTANCES } from '../../model/distance.ts';
import {
  DIM,
  expectClose,
  graph,
  type Harness,
  linkAll,
  overlap,
  plain,
  sample,
  search,
  slotsBelow,
  tolerance,
} from './harness.ts';
import { clusteredVectors } from './test-data.ts';

const DATATYPES: readonly Datatype[] = ['float32', 'float16', 'uint8'];

/** Writing, reading, scoring; the plain scan and the graph without filters. */
export function describeVectors(harness: Harness): void {
  test('room that is reserved holds nothing yet', async () => {
    const index = await harness.openIndex();
    index.reserve(5000);
    expect([index.count, index.unlinkedCount]).toEqual([0, 0]);
    const query = clusteredVectors(1, DIM, 9);
    expect((await search(index, plain(query, 3))).slots.length).toBe(0);
    index.write(Uint32Array.of(4999), query);
    expect([...(await search(index, plain(query, 3))).slots]).toEqual([4999]);
  });

  describe.each(DISTANCES)('%s', (distance) => {
    test.each(DATATYPES)('%s: reads, scores and scans as the reference', async (datatype) => {
      const vectors = sample(300, datatype);
      const { index, oracle, slots } = await harness.both({ distance, datatype }, vectors);
      expectClose(index.read(slots), oracle.read(slots), datatype === 'float32' ? 1e-6 : 1e-3);
      const queries = sample(5, datatype, 77);
      const query = queries.subarray(0, DIM);
      expectClose(index.score(query, slots), oracle.score(query, slots), tolerance(distance, datatype));
      const [found, expected] = [
        await search(index, plain(queries, 7)),
        oracle.searchSync(plain(queries, 7)),
      ];
      expect([...found.offsets]).toEqual([0, 7, 14, 21, 28, 35]);
      expectClose(found.similarities, expected.similarities, tolerance(distance, datatype));
      expect(overlap(found, expected)).toBeGreaterThanOrEqual(33);
      expect(found.stopped).toBe('done');
      expect(found.cost.distances).toBe(1500);
    });

    test('the graph finds what a scan finds', async () => {
      const vectors = clusteredVectors(2000, DIM, 3);
      const { index, oracle } = await harness.both({ distance, datatype: 'float32' }, vectors);
      await linkAll(index);
      expect([index.linkedCount, index.unlinkedCount, index.count]).toEqual([2000, 0, 2000]);
      const queries = clusteredVectors(50, DIM, 4);
      const found = await search(index, graph(queries, 10, { ef: 128 }));
      expect(overlap(found, oracle.searchSync(plain(queries, 10)))).toBeGreaterThanOrEqual(480);
      if (harness.approximate) {
        expect(found.cost.distances).toBeGreaterThan(0);
        expect(found.cost.distances).toBeLessThan(50 * 2000);
      }
    });
  });
}

/** What small indexes show: rounding, gaps, ties, freshness. */
export function describeSmallIndexes(harness: Harness): void {
  test('cosine vectors are kept normalised, zero vectors as they are, bytes saturate', async () => {
    const index = await harness.openIndex({ dim: 2 });
    index.write(Uint32Array.of(0, 1), Float32Array.of(3, 4, 0, 0));
    expectClose(index.read(Uint32Array.of(0, 1)), Float32Array.of(0.6, 0.8, 0, 0), 1e-6);
    expect(index.score(Float32Array.of(1, 1), Uint32Array.of(1))).toEqual(Float32Array.of(0));
    const bytes = await harness.openIndex({ dim: 4, datatype: 'uint8' });
    bytes.write(Uint32Array.of(0), Float32Array.of(-3, 1.9, 255.5, 300));
    expect(bytes.read(Uint32Array.of(0))).toEqual(Float32Array.of(0, 1, 255, 255));
  });

  test('halves round to nearest even and keep subnormals', async () => {
    const index = await harness.openIndex({ dim: 4, datatype: 'float16', distance: 'Dot' });
    index.write(Uint32Array.of(0), Float32Array.of(2049, 2051, 2 ** -24, 65_504));
    expect(index.read(Uint32Array.of(0))).toEqual(Float32Array.of(2048, 2052, 2 ** -24, 65_504));
  });

  test('an empty index', async () => {
    const index = await harness.openIndex();
    expect([index.count, index.linkedCount, index.unlinkedCount, index.tombstoneCount]).toEqual([0, 0, 0, 0]);
    for (const strategy of ['graph', 'plain'] as const) {
      const found = await search(index, { ...plain(sample(2, 'float32'), 5), strategy });
      expect([...found.offsets]).toEqual([0, 0, 0]);
    }
    expect(await index.link({ max: 10, threads: 1 })).toEqual({ linked: 0 });
    expect(await index.repair({ max: 10, threads: 1 })).toEqual(new Uint32Array());
    expect(index.linkedWords()).toEqual(new Uint32Array());
    index.write(new Uint32Array(), new Float32Array());
    index.remove(new Uint32Array());
    await index.sync();
  });

  test('slots with gaps, and m = 0 without a graph', async () => {
    const index = await harness.openIndex({ m: 0 });
    const vectors = sample(3, 'float32');
    index.write(Uint32Array.of(70, 5, 33), vectors);
    expect([index.count, index.unlinkedCount]).toEqual([71, 3]);
    expect(await index.link({ max: 10, threads: 1 })).toEqual({ linked: 0 });
    const found = await search(index, graph(vectors.subarray(0, DIM), 5));
    expect(found.slots[0]).toBe(70);
    expect([...found.slots].sort((a, b) => a - b)).toEqual([5, 33, 70]);
  });

  test('a fresh vector is found before it is linked, unless only the linked are asked for', async () => {
    const vectors = clusteredVectors(600, DIM, 5);
    const index = await harness.openIndex();
    index.write(slotsBelow(500), vectors.subarray(0, 500 * DIM));
    await linkAll(index);
    index.write(slotsBelow(600).subarray(500), vectors.subarray(500 * DIM));
    expect([index.linkedCount, index.unlinkedCount]).toEqual([500, 100]);
    const query = vectors.subarray(555 * DIM, 556 * DIM);
    for (const strategy of ['graph', 'plain'] as const) {
      expect((await search(index, { ...plain(query, 1), strategy })).slots[0]).toBe(555);
      const linked = await search(index, { ...plain(query, 5, { linkedOnly: true }), strategy });
      expect([...linked.slots].every((slot) => slot < 500)).toBe(true);
    }
  });

  test('the closest first; of equals the smaller slot', async () => {
    const index = await harness.openIndex({ dim: 2, distance: 'Dot' });
    index.write(Uint32Array.of(9, 4, 7, 2), Float32Array.of(1, 0, 1, 0, 1, 0, 2, 0));
    await linkAll(index);
    for (const strategy of ['graph', 'plain'] as const) {
      const found = await search(index, { ...plain(Float32Array.of(1, 0), 3), strategy });
      expect([...found.slots]).toEqual([2, 4, 7]);
      expect([...found.similarities]).toEqual([2, 1, 1]);
    }
  });
}
