import type { Distance } from '../../src/model/distance.ts';
import { peerVersion, requirePeer } from './peers.ts';
import type { BuildOptions, Subject } from './subject.ts';

interface Hnswlib {
  HierarchicalNSW: new (
    space: string,
    dim: number,
  ) => {
    initIndex(maxElements: number, m: number, efConstruct: number, seed: number): void;
    addPoint(point: number[], label: number): void;
    setEf(ef: number): void;
    searchKnn(query: number[], topK: number): { neighbors: number[] };
  };
}

const SPACES: Partial<Record<Distance, string>> = { Cosine: 'cosine', Dot: 'ip', Euclid: 'l2' };
const SEED = 100;

export class HnswlibSubject implements Subject {
  readonly about = `hnswlib-node ${peerVersion('hnswlib-node')}`;
  readonly #index: InstanceType<Hnswlib['HierarchicalNSW']>;
  readonly #dim: number;
  #queries: number[][] = [];

  constructor({ manifest, m, efConstruct }: BuildOptions) {
    const space = SPACES[manifest.distance];
    if (space === undefined) throw new Error(`hnswlib has no ${manifest.distance} distance`);
    const { HierarchicalNSW } = requirePeer<Hnswlib>('hnswlib-node');
    this.#dim = manifest.dim;
    this.#index = new HierarchicalNSW(space, manifest.dim);
    this.#index.initIndex(manifest.count, m, efConstruct, SEED);
  }

  add(from: number, vectors: Float32Array): void {
    for (let at = 0; at < vectors.length; at += this.#dim) {
      this.#index.addPoint(Array.from(vectors.subarray(at, at + this.#dim)), from + at / this.#dim);
    }
  }

  async finish(): Promise<void> {}

  setEf(ef: number): void {
    this.#index.setEf(ef);
  }

  prepare(queries: Float32Array): void {
    this.#queries = [];
    for (let at = 0; at < queries.length; at += this.#dim) {
      this.#queries.push(Array.from(queries.subarray(at, at + this.#dim)));
    }
  }

  search(i: number, topK: number): number[] {
    return this.#index.searchKnn(this.#queries[i]!, topK).neighbors;
  }

  takeDistances(): null {
    return null;
  }

  async close(): Promise<void> {}
}
