import { describe, expect, test } from 'vitest';
import { SharedCancel } from '../../shared/cancel.ts';
import { DIM, graph, type Harness, plain, slotsBelow } from './harness.ts';
import { clusteredVectors } from './test-data.ts';

/** Deadlines, cancelling, and work beside work. */
export function describeRunning(harness: Harness): void {
  describe('ends early', () => {
    const vectors = clusteredVectors(3000, DIM, 13);
    test('at the deadline', async () => {
      const { index } = await harness.both({}, vectors);
      const found = await index.search(plain(vectors, 5, { timeoutMs: 0 }));
      expect(found.stopped).toBe('deadline');
      expect(found.offsets.length).toBe(3001);
      expect((await index.search(plain(vectors.subarray(0, DIM), 5, { timeoutMs: 60_000 }))).stopped).toBe(
        'done',
      );
    });

    test('when cancelled', async () => {
      const { index } = await harness.both({}, vectors);
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
      const { index } = await harness.both({}, vectors);
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
    const index = await harness.openIndex();
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
}
