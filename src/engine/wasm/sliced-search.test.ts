import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SlotSet } from '../../model/slot-set.ts';
import type { Clock } from '../../shared/clock.ts';
import { clusteredVectors } from '../contract/test-data.ts';
import type { SearchRequest, SearchResult, VectorIndex } from '../engine.ts';
import { WasmIndex } from './wasm-index.ts';

const DIM = 16;
const COUNT = 3000;

/** A machine so slow that each look at the clock is 20 ms later than the one before: every slice is as short as can be. */
class SlowClock implements Clock {
  #nowMs = 0;
  monotonicMs(): number {
    this.#nowMs += 20;
    return this.#nowMs;
  }
  wallMs(): number {
    return 0;
  }
  after(): () => void {
    return () => undefined;
  }
}

const slots = (from: number, to: number): Uint32Array =>
  Uint32Array.from({ length: to - from }, (_, i) => from + i);

describe('searches in slices', () => {
  const vectors = clusteredVectors(COUNT, DIM, 1);
  const queries = clusteredVectors(60, DIM, 2);
  let index: VectorIndex;
  beforeAll(async () => {
    const options = { dim: DIM, distance: 'Euclid', datatype: 'float32', m: 8, efConstruct: 50 } as const;
    const empty = {
      codes: null,
      arenas: null,
      count: 0,
      alive: new Uint32Array(),
      linked: new Uint32Array(),
    };
    index = await WasmIndex.open({ ...options, ...empty, capacity: COUNT }, new SlowClock(), () => undefined);
    index.write(slots(0, COUNT), vectors);
    await index.link({ max: 1000, threads: 1 });
    index.remove(slots(100, 150));
    // Teaches it how slow the machine is.
    for (let i = 0; i < 12; i++) await index.search({ queries, topK: 5, ef: 50, strategy: 'plain' });
  });
  afterAll(() => index.close());

  /** The search, and how often the event loop turned meanwhile. */
  async function turns(request: SearchRequest): Promise<{ result: SearchResult; count: number }> {
    let count = 0;
    let running = true;
    const turn = (): void => {
      count++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    const result = await index.search(request);
    running = false;
    return { result, count };
  }

  const allowed = SlotSet.of(slots(0, COUNT).filter((slot) => slot % 7 < 3)).words;
  const REQUESTS: [string, Partial<SearchRequest>][] = [
    ['a scan', { strategy: 'plain' }],
    ['a filtered scan', { strategy: 'plain', allowed }],
    ['a scan with a short bitmap', { strategy: 'plain', allowed: allowed.slice(0, 20) }],
    ['a scan of the linked', { strategy: 'plain', linkedOnly: true }],
    ['a scan of a list', { strategy: 'plain', slots: slots(50, 2000).reverse() }],
    ['walks and a scan of the unlinked', { strategy: 'graph' }],
    ['filtered walks and a scan of the unlinked', { strategy: 'graph', allowed, expand: true }],
    ['walks over the linked', { strategy: 'graph', linkedOnly: true }],
  ];
  test.each(REQUESTS)('%s finds what one slice finds, while the event loop turns', async (_what, request) => {
    const whole: SearchRequest = { queries, topK: 10, ef: 60, strategy: 'plain', ...request };
    const expected = index.searchSync(whole);
    const { result, count } = await turns(whole);
    expect([...result.offsets]).toEqual([...expected.offsets]);
    expect([...result.slots]).toEqual([...expected.slots]);
    expect([...result.similarities]).toEqual([...expected.similarities]);
    expect(result.stopped).toBe('done');
    expect(result.cost.distances).toBeGreaterThanOrEqual(expected.cost.distances * 0.9);
    expect(count).toBeGreaterThan(5);
  });

  test('a deadline between slices keeps what was found', async () => {
    const { result } = await turns({ queries, topK: 10, ef: 50, strategy: 'plain', timeoutMs: 500 });
    expect(result.stopped).toBe('deadline');
    expect(result.slots.length).toBeGreaterThan(0);
    expect(result.offsets.length).toBe(61);
  });

  test('passes are cut as well, and done to the end', async () => {
    expect(await index.link({ max: 500, threads: 1 })).toEqual({ linked: 500 });
    expect(index.tombstoneCount).toBe(50);
    const freed = await index.repair({ max: 50, threads: 1 });
    expect([...freed].sort((a, b) => a - b)).toEqual([...slots(100, 150)]);
    expect(index.tombstoneCount).toBe(0);
  });
});
