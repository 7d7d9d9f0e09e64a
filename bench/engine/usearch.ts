import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Distance } from '../../src/model/distance.ts';
import { peerVersion, requirePeer } from './peers.ts';
import type { BuildOptions, Subject } from './subject.ts';

interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(query: Float32Array, topK: number, threads: number): { keys: BigUint64Array };
  save(path: string): void;
  load(path: string): void;
}
interface Usearch {
  Index: new (config: Record<string, unknown>) => UsearchIndex;
}

const METRICS: Partial<Record<Distance, string>> = { Cosine: 'cos', Dot: 'ip', Euclid: 'l2sq' };

/** usearch takes ef when an index is made only, so the built index is saved once and loaded again for each ef. */
export class UsearchSubject implements Subject {
  readonly about = `usearch ${peerVersion('usearch')}, f32`;
  readonly #options: BuildOptions;
  readonly #folder = mkdtempSync(join(tmpdir(), 'sextant-usearch-'));
  #index: UsearchIndex;
  #queries: Float32Array = new Float32Array(0);

  constructor(options: BuildOptions) {
    if (METRICS[options.manifest.distance] === undefined) {
      throw new Error(`usearch has no ${options.manifest.distance} distance here`);
    }
    this.#options = options;
    this.#index = this.#make(64);
  }

  add(from: number, vectors: Float32Array): void {
    const rows = vectors.length / this.#options.manifest.dim;
    const keys = BigUint64Array.from({ length: rows }, (_, i) => BigInt(from + i));
    this.#index.add(keys, vectors, this.#options.threads);
  }

  async finish(): Promise<void> {}

  setEf(ef: number): void {
    const path = join(this.#folder, 'index');
    this.#index.save(path);
    this.#index = this.#make(ef);
    this.#index.load(path);
  }

  prepare(queries: Float32Array): void {
    this.#queries = queries;
  }

  search(i: number, topK: number): number[] {
    const { dim } = this.#options.manifest;
    const { keys } = this.#index.search(this.#queries.subarray(i * dim, (i + 1) * dim), topK, 1);
    return Array.from(keys, Number);
  }

  takeDistances(): null {
    return null;
  }

  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #make(ef: number): UsearchIndex {
    const { manifest, m, efConstruct } = this.#options;
    const { Index } = requirePeer<Usearch>('usearch');
    return new Index({
      metric: METRICS[manifest.distance],
      connectivity: m,
      dimensions: manifest.dim,
      expansion_add: efConstruct,
      expansion_search: ef,
      quantization: 'f32',
      multi: false,
    });
  }
}
