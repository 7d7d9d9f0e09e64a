import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Datatype } from '../model/collection-config.ts';
import type { Distance } from '../model/distance.ts';
import { DISTANCES } from '../model/distance.ts';
import { SlotSet } from '../model/slot-set.ts';
import { AssertionError } from '../shared/assert.ts';
import { SharedCancel } from '../shared/cancel.ts';
import { systemClock } from '../shared/clock.ts';
import type {
  ArenaStore,
  Engine,
  SearchRequest,
  SearchResult,
  VectorIndex,
  VectorIndexOptions,
} from './engine.ts';
import { ReferenceEngine } from './reference/reference-engine.ts';
import { clusteredVectors, MemoryArenas, randomNumbers } from './test-data.ts';

const DATATYPES: readonly Datatype[] = ['float32', 'float16', 'uint8'];
const DIM = 24;

export interface EngineUnderTest {
  open: () => Promise<Engine>;
  /** Maps files at real paths. */
  maps: boolean;
  /** Has a graph: walks visit a part of the slots. */
  approximate: boolean;
}

/** What every engine must do; the reference is the oracle of the others. */
export function describeEngine(name: string, { open, maps, approximate }: EngineUnderTest): void {
  describe(`${name} engine`, () => {
    const reference = new ReferenceEngine(systemClock);
    const opened: VectorIndex[] = [];
    const folder = mkdtempSync(join(tmpdir(), 'sextant-engine-'));
    let engine: Engine;
    beforeAll(async () => {
      engine = await open();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((index) => index.close()));
    });
    afterAll(async () => {
      await engine.close();
      rmSync(folder, { recursive: true });
    });

    async function openIndex(options: Partial<VectorIndexOptions> = {}, from = engine): Promise<VectorIndex> {
      const index = await from.openIndex({
        ...{ dim: DIM, distance: 'Cosine', datatype: 'float32', m: 8, efConstruct: 64, capacity: 100_000 },
        ...{ codes: null, arenas: null, count: 0, alive: new Uint32Array(), linked: new Uint32Array() },
        ...options,
      });
      opened.push(index);
      return index;
    }

    /** The same vectors in this engine and in the reference. */
    async function both(options: Partial<VectorIndexOptions>, vectors: Float32Array) {
      const dim = options.dim ?? DIM;
      const slots = slotsBelow(vectors.length / dim);
      const [index, oracle] = [await openIndex(options), await openIndex(options, reference)];
      for (const each of [index, oracle]) each.write(slots, vectors);
      return { index, oracle, slots };
    }

    async function linkAll(index: VectorIndex): Promise<void> {
      while (index.unlinkedCount > 0) {
        const { linked } = await index.link({ max: 10_000, threads: 2 });
        expect(linked).toBeGreaterThan(0);
      }
    }

    const plain = (
      queries: Float32Array,
      topK: number,
      more: Partial<SearchRequest> = {},
    ): SearchRequest => ({
      ...{ queries, topK, ef: 64, strategy: 'plain' },
      ...more,
    });
    const graph = (
      queries: Float32Array,
      topK: number,
      more: Partial<SearchRequest> = {},
    ): SearchRequest => ({
      ...plain(queries, topK, more),
      strategy: 'graph',
    });

    /** Both ways to search give the same. */
    async function search(index: VectorIndex, request: SearchRequest): Promise<SearchResult> {
      const result = await index.search(request);
      const sync = index.searchSync(request);
      expect([...result.slots]).toEqual([...sync.slots]);
      expect([...result.offsets]).toEqual([...sync.offsets]);
      return result;
    }

    describe.each(DISTANCES)('%s', (distance) => {
      test.each(DATATYPES)('%s: reads, scores and scans as the reference', async (datatype) => {
        const vectors = sample(300, datatype);
        const { index, oracle, slots } = await both({ distance, datatype }, vectors);
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
        const { index, oracle } = await both({ distance, datatype: 'float32' }, vectors);
        await linkAll(index);
        expect([index.linkedCount, index.unlinkedCount, index.count]).toEqual([2000, 0, 2000]);
        const queries = clusteredVectors(50, DIM, 4);
        const found = await search(index, graph(queries, 10, { ef: 128 }));
        expect(overlap(found, oracle.searchSync(plain(queries, 10)))).toBeGreaterThanOrEqual(480);
        if (approximate) {
          expect(found.cost.distances).toBeGreaterThan(0);
          expect(found.cost.distances).toBeLessThan(50 * 2000);
        }
      });
    });

    test('cosine vectors are kept normalised, zero vectors as they are, bytes saturate', async () => {
      const index = await openIndex({ dim: 2 });
      index.write(Uint32Array.of(0, 1), Float32Array.of(3, 4, 0, 0));
      expectClose(index.read(Uint32Array.of(0, 1)), Float32Array.of(0.6, 0.8, 0, 0), 1e-6);
      expect(index.score(Float32Array.of(1, 1), Uint32Array.of(1))).toEqual(Float32Array.of(0));
      const bytes = await openIndex({ dim: 4, datatype: 'uint8' });
      bytes.write(Uint32Array.of(0), Float32Array.of(-3, 1.9, 255.5, 300));
      expect(bytes.read(Uint32Array.of(0))).toEqual(Float32Array.of(0, 1, 255, 255));
    });

    test('halves round to nearest even and keep subnormals', async () => {
      const index = await openIndex({ dim: 4, datatype: 'float16', distance: 'Dot' });
      index.write(Uint32Array.of(0), Float32Array.of(2049, 2051, 2 ** -24, 65_504));
      expect(index.read(Uint32Array.of(0))).toEqual(Float32Array.of(2048, 2052, 2 ** -24, 65_504));
    });

    test('an empty index', async () => {
      const index = await openIndex();
      expect([index.count, index.linkedCount, index.unlinkedCount, index.tombstoneCount]).toEqual([
        0, 0, 0, 0,
      ]);
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
      const index = await openIndex({ m: 0 });
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
      const index = await openIndex();
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
      const index = await openIndex({ dim: 2, distance: 'Dot' });
      index.write(Uint32Array.of(9, 4, 7, 2), Float32Array.of(1, 0, 1, 0, 1, 0, 2, 0));
      await linkAll(index);
      for (const strategy of ['graph', 'plain'] as const) {
        const found = await search(index, { ...plain(Float32Array.of(1, 0), 3), strategy });
        expect([...found.slots]).toEqual([2, 4, 7]);
        expect([...found.similarities]).toEqual([2, 1, 1]);
      }
    });

    describe('filters', () => {
      const vectors = clusteredVectors(1500, DIM, 6);
      const queries = clusteredVectors(20, DIM, 7);
      test.each([1, 10, 150, 1400])('%i allowed slots', async (allowedCount) => {
        const { index, oracle } = await both({}, vectors);
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
        const { index } = await both({}, vectors);
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
        const { index } = await both({}, vectors);
        await linkAll(index);
        for (const allowed of [new Uint32Array(), new Uint32Array(60)]) {
          expect((await search(index, plain(queries, 10, { allowed }))).slots.length).toBe(0);
          expect((await search(index, graph(queries, 10, { allowed }))).slots.length).toBe(0);
        }
      });
    });

    test('removed slots are never found, and come back after repair', async () => {
      const vectors = clusteredVectors(1200, DIM, 8);
      const { index, oracle } = await both({}, vectors);
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
      const { index, oracle } = await both({ codes: { quantile: 0.99 } }, vectors);
      await linkAll(index);
      const queries = clusteredVectors(50, DIM, 10);
      const expected = oracle.searchSync(plain(queries, 10));
      const found = await search(index, graph(queries, 10, { ef: 128 }));
      expect(overlap(found, expected)).toBeGreaterThanOrEqual(475);
      expectClose(found.similarities.subarray(0, 10), expected.similarities.subarray(0, 10), 1e-4);
      if (approximate) expect(found.cost.rescored).toBeGreaterThan(0);
      const exact = await search(index, plain(queries, 10, { codes: false }));
      expect(overlap(exact, expected)).toBe(500);
      const scanned = await search(index, plain(queries, 10, { oversampling: 4 }));
      expect(overlap(scanned, expected)).toBeGreaterThanOrEqual(490);
      if (approximate) expect(index.bytes.codes).toBeGreaterThan(0);
    });

    const places = maps ? (['store', 'files'] as const) : (['store'] as const);
    describe.each(places)('reopened from %s', (place) => {
      const vectors = clusteredVectors(900, DIM, 11);
      const makeArenas = (): ArenaStore | { realPath: string } =>
        place === 'store'
          ? new MemoryArenas()
          : { realPath: join(mkdtempSync(join(folder, 'x')), 'vectors') };

      test('vectors, graph and tombstones are there', async () => {
        const arenas = makeArenas();
        const options = { arenas, codes: { quantile: 1 } };
        const first = await openIndex(options);
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
        const again = await openIndex({ ...options, count: 900, alive: alive.words, linked });
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
        const first = await openIndex({ arenas });
        first.write(slotsBelow(600), vectors.subarray(0, 600 * DIM));
        await first.link({ max: 300, threads: 1 });
        const linked = first.linkedWords();
        await first.sync();
        first.write(slotsBelow(900).subarray(600), vectors.subarray(600 * DIM));
        await linkAll(first);
        await first.sync();
        await first.close();
        const again = await openIndex({ arenas, count: 600, alive: SlotSet.below(600).words, linked });
        expect([again.count, again.linkedCount, again.unlinkedCount]).toEqual([600, 300, 300]);
        await linkAll(again);
        const queries = clusteredVectors(20, DIM, 12);
        const oracle = await openIndex({}, reference);
        oracle.write(slotsBelow(600), vectors.subarray(0, 600 * DIM));
        const found = await search(again, graph(queries, 10, { ef: 128 }));
        expect(found.slots.every((slot) => slot < 600)).toBe(true);
        expect(overlap(found, oracle.searchSync(plain(queries, 10)))).toBeGreaterThanOrEqual(190);
      });
    });

    test('a write to the store that failed is made good by the next sync', async () => {
      const arenas = new MemoryArenas();
      const index = await openIndex({ arenas });
      const vectors = sample(50, 'float32');
      index.write(slotsBelow(50), vectors);
      arenas.failures = 1;
      await expect(index.sync()).rejects.toThrow('no room');
      await index.sync();
      await index.close();
      const again = await openIndex({
        arenas,
        count: 50,
        alive: SlotSet.below(50).words,
        linked: new Uint32Array(2),
      });
      expect((await search(again, plain(vectors.subarray(DIM, 2 * DIM), 1))).slots[0]).toBe(1);
    });

    describe('ends early', () => {
      const vectors = clusteredVectors(3000, DIM, 13);
      test('at the deadline', async () => {
        const { index } = await both({}, vectors);
        const found = await index.search(plain(vectors, 5, { timeoutMs: 0 }));
        expect(found.stopped).toBe('deadline');
        expect(found.offsets.length).toBe(3001);
        expect((await index.search(plain(vectors.subarray(0, DIM), 5, { timeoutMs: 60_000 }))).stopped).toBe(
          'done',
        );
      });

      test('when cancelled', async () => {
        const { index } = await both({}, vectors);
        const before = new SharedCancel();
        before.cancel();
        expect((await index.search(plain(vectors, 5, { cancel: before }))).stopped).toBe('cancelled');
        expect(await index.link({ max: 3000, threads: 2, cancel: before })).toEqual({ linked: 0 });
        const during = new SharedCancel();
        const many = new Float32Array(vectors.length * 8).map((_, i) => vectors[i % vectors.length]!);
        const running = index.search(plain(many, 5, { cancel: during }));
        setImmediate(() => during.cancel());
        expect((await running).stopped).toBe('cancelled');
        expect(index.unlinkedCount).toBe(3000);
      });

      test('closing waits for what runs', async () => {
        const { index } = await both({}, vectors);
        const running = [
          index.search(plain(vectors.subarray(0, 200 * DIM), 5)),
          index.link({ max: 500, threads: 2 }),
        ];
        await index.close();
        const [found, pass] = await Promise.all(running);
        expect(found).toMatchObject({ stopped: 'done' });
        expect(pass).toEqual({ linked: 500 });
      });
    });

    test('searches and passes beside writes see a whole index', async () => {
      const vectors = clusteredVectors(2400, DIM, 14);
      const index = await openIndex();
      index.write(slotsBelow(400), vectors.subarray(0, 400 * DIM));
      const query = vectors.subarray(0, DIM);
      const running: Promise<unknown>[] = [];
      for (let from = 400; from < 2400; from += 200) {
        running.push(index.link({ max: 150, threads: 2 }));
        for (let i = 0; i < 5; i++) {
          running.push(index.search(graph(query, 1)).then((found) => expect(found.slots[0]).toBe(0)));
        }
        index.write(slotsBelow(from + 200).subarray(from), vectors.subarray(from * DIM, (from + 200) * DIM));
        index.remove(slotsBelow(from).subarray(from - 10));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(running);
      expect(index.linkedCount + index.unlinkedCount).toBe(2400 - 100);
    });

    describe('refuses', () => {
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
      test.each(BAD_CALLS)('%s', async (_what, run) => {
        const index = await openIndex();
        index.write(slot, vector);
        expect(() => run(index)).toThrow(AssertionError);
        expect((await search(index, plain(vector, 1))).slots[0]).toBe(0);
      });

      const BAD_OPTIONS: [string, Partial<VectorIndexOptions>][] = [
        ['dim 0', { dim: 0 }],
        ['dim 65537', { dim: 65_537 }],
        ['an unknown distance', { distance: 'Hamming' as Distance }],
        ['an unknown datatype', { datatype: 'float64' as Datatype }],
        ['m -1', { m: -1 }],
        ['capacity 0', { capacity: 0 }],
        ['a count beyond the capacity', { capacity: 10, count: 11, alive: new Uint32Array(1) }],
        ['bitmaps that are too short', { count: 33, alive: new Uint32Array(2), linked: new Uint32Array(1) }],
        ['a quantile of 0.4', { codes: { quantile: 0.4 } }],
      ];
      test.each(BAD_OPTIONS)('%s', async (_what, options) => {
        await expect(openIndex(options)).rejects.toThrow(AssertionError);
      });

      test('everything once closed', async () => {
        const index = await openIndex();
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
        await expect(openIndex({ ...options, linked: new Uint32Array(4) })).rejects.toThrow();
      });
    });

    test('scans bodies', () => {
      const body = engine.scanBody(Buffer.from('{"vector":[1,2],"id":18446744073709551615}'));
      expect(body).toEqual({ vector: Float32Array.of(1, 2), id: 18446744073709551615n });
      expect(() => engine.scanBody(Buffer.from('{'))).toThrow(
        'EOF while parsing an object at line 1 column 1',
      );
    });
  });
}

const slotsBelow = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/** Components that suit the datatype. */
function sample(count: number, datatype: Datatype, seed = 1): Float32Array {
  const random = randomNumbers(seed);
  const next = datatype === 'uint8' ? () => Math.floor(random() * 256) : () => random() * 2 - 1;
  return Float32Array.from({ length: count * DIM }, next);
}

function tolerance(distance: Distance, datatype: Datatype): number {
  if (datatype === 'uint8') return distance === 'Cosine' ? 1e-5 : 0.5;
  return datatype === 'float16' ? 5e-3 : 1e-4;
}

function expectClose(actual: Float32Array, expected: Float32Array, within: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const scale = Math.max(1, Math.abs(expected[i]!) * 1e-3);
    expect(Math.abs(actual[i]! - expected[i]!), `at ${i}`).toBeLessThanOrEqual(within * scale);
  }
}

/** How many of the expected hits were found, over all queries. */
function overlap(found: SearchResult, expected: SearchResult): number {
  let common = 0;
  for (let q = 0; q + 1 < expected.offsets.length; q++) {
    const hits = new Set(found.slots.subarray(found.offsets[q], found.offsets[q + 1]));
    for (const slot of expected.slots.subarray(expected.offsets[q], expected.offsets[q + 1])) {
      if (hits.has(slot)) common++;
    }
  }
  return common;
}
