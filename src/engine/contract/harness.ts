import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Datatype } from '../../model/collection-config.ts';
import type { Distance } from '../../model/distance.ts';
import { systemClock } from '../../shared/clock.ts';
import type { Engine, SearchRequest, SearchResult, VectorIndex, VectorIndexOptions } from '../engine.ts';
import { ReferenceEngine } from '../reference/reference-engine.ts';
import { randomNumbers } from './test-data.ts';

export const DIM = 24;

export interface EngineUnderTest {
  open: () => Promise<Engine>;
  /** Maps files at real paths. */
  maps: boolean;
  /** Has a graph: walks visit a part of the slots. */
  approximate: boolean;
}

/** An engine beside the reference, and the indexes a test has opened in them. */
export class Harness {
  readonly maps: boolean;
  readonly approximate: boolean;
  readonly #open: () => Promise<Engine>;
  readonly #reference = new ReferenceEngine(systemClock);
  readonly #folder = mkdtempSync(join(tmpdir(), 'sextant-engine-'));
  #engine: Engine | undefined;
  #opened: VectorIndex[] = [];

  constructor({ open, maps, approximate }: EngineUnderTest) {
    this.#open = open;
    this.maps = maps;
    this.approximate = approximate;
  }

  async start(): Promise<void> {
    this.#engine = await this.#open();
  }
  async closeIndexes(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((index) => index.close()));
  }
  async stop(): Promise<void> {
    await this.engine.close();
    rmSync(this.#folder, { recursive: true });
  }

  get engine(): Engine {
    return this.#engine!;
  }

  newFolder(): string {
    return mkdtempSync(join(this.#folder, 'x'));
  }

  openIndex(options: Partial<VectorIndexOptions> = {}): Promise<VectorIndex> {
    return this.#openIn(this.engine, options);
  }
  openOracle(options: Partial<VectorIndexOptions> = {}): Promise<VectorIndex> {
    return this.#openIn(this.#reference, options);
  }

  /** The same vectors in this engine and in the reference. */
  async both(
    options: Partial<VectorIndexOptions>,
    vectors: Float32Array,
  ): Promise<{ index: VectorIndex; oracle: VectorIndex; slots: Uint32Array }> {
    const slots = slotsBelow(vectors.length / (options.dim ?? DIM));
    const [index, oracle] = [await this.openIndex(options), await this.openOracle(options)];
    for (const each of [index, oracle]) each.write(slots, vectors);
    return { index, oracle, slots };
  }

  async #openIn(engine: Engine, options: Partial<VectorIndexOptions>): Promise<VectorIndex> {
    const index = await engine.openIndex({
      ...{ dim: DIM, distance: 'Cosine', datatype: 'float32', m: 8, efConstruct: 64, capacity: 100_000 },
      ...{ codes: null, arenas: null, count: 0, alive: new Uint32Array(), linked: new Uint32Array() },
      ...options,
    });
    this.#opened.push(index);
    return index;
  }
}

export async function linkAll(index: VectorIndex): Promise<void> {
  while (index.unlinkedCount > 0) {
    const { linked } = await index.link({ max: 10_000, threads: 2 });
    expect(linked).toBeGreaterThan(0);
  }
}

export const plain = (
  queries: Float32Array,
  topK: number,
  more: Partial<SearchRequest> = {},
): SearchRequest => ({
  ...{ queries, topK, ef: 64, strategy: 'plain' },
  ...more,
});
export const graph = (
  queries: Float32Array,
  topK: number,
  more: Partial<SearchRequest> = {},
): SearchRequest => ({
  ...plain(queries, topK, more),
  strategy: 'graph',
});

/** Both ways to search give the same. */
export async function search(index: VectorIndex, request: SearchRequest): Promise<SearchResult> {
  const result = await index.search(request);
  const sync = index.searchSync(request);
  expect([...result.slots]).toEqual([...sync.slots]);
  expect([...result.offsets]).toEqual([...sync.offsets]);
  return result;
}

export const slotsBelow = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, i) => i);

/** Components that suit the datatype. */
export function sample(count: number, datatype: Datatype, seed = 1): Float32Array {
  const random = randomNumbers(seed);
  const next = datatype === 'uint8' ? () => Math.floor(random() * 256) : () => random() * 2 - 1;
  return Float32Array.from({ length: count * DIM }, next);
}

export function tolerance(distance: Distance, datatype: Datatype): number {
  if (datatype === 'uint8') return distance === 'Cosine' ? 1e-5 : 0.5;
  return datatype === 'float16' ? 5e-3 : 1e-4;
}

export function expectClose(actual: Float32Array, expected: Float32Array, within: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const scale = Math.max(1, Math.abs(expected[i]!) * 1e-3);
    expect(Math.abs(actual[i]! - expected[i]!), `at ${i}`).toBeLessThanOrEqual(within * scale);
  }
}

/** How many of the expected hits were found, over all queries. */
export function overlap(found: SearchResult, expected: SearchResult): number {
  let common = 0;
  for (let q = 0; q + 1 < expected.offsets.length; q++) {
    const hits = new Set(found.slots.subarray(found.offsets[q], found.offsets[q + 1]));
    for (const slot of expected.slots.subarray(expected.offsets[q], expected.offsets[q + 1])) {
      if (hits.has(slot)) common++;
    }
  }
  return common;
}
