import type { Engine, SearchRequest, VectorIndex } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import type { BuildOptions, Subject } from './subject.ts';

/** What of a search the filtered measurements vary. */
export type Variation = Pick<SearchRequest, 'strategy' | 'expand' | 'allowed' | 'slots'>;

/** The server's default (src/segment/field-params.ts). */
const CODES_QUANTILE = 1;

export class SextantSubject implements Subject {
  readonly #engine: Engine;
  readonly #index: VectorIndex;
  readonly #threads: number;
  readonly #dim: number;
  #ef = 64;
  #queries: Float32Array = new Float32Array(0);
  #distances = 0;
  #variation: Variation = { strategy: 'graph' };

  private constructor(engine: Engine, index: VectorIndex, options: BuildOptions) {
    this.#engine = engine;
    this.#index = index;
    this.#threads = options.threads;
    this.#dim = options.manifest.dim;
  }

  static async open(kind: Engine['kind'], codes: boolean, options: BuildOptions): Promise<SextantSubject> {
    const notices: string[] = [];
    const engine = await openEngine({
      prefer: kind,
      threads: options.threads,
      onNotice: (line) => notices.push(line),
    });
    if (engine.kind !== kind) {
      throw new Error(`the ${kind} core is not there${notices.map((line) => `; ${line}`).join('')}`);
    }
    const { dim, distance, count } = options.manifest;
    const index = await engine.openIndex({
      dim,
      distance,
      datatype: 'float32',
      m: options.m,
      efConstruct: options.efConstruct,
      capacity: count,
      codes: codes ? { quantile: CODES_QUANTILE } : null,
      arenas: null,
      count: 0,
      alive: new Uint32Array(0),
      linked: new Uint32Array(0),
    });
    return new SextantSubject(engine, index, options);
  }

  get about(): string {
    return `${this.#engine.kind} core, ${this.#engine.instructionSet}`;
  }

  add(from: number, vectors: Float32Array): void {
    const rows = vectors.length / this.#dim;
    this.#index.write(
      Uint32Array.from({ length: rows }, (_, i) => from + i),
      vectors,
    );
  }

  async finish(): Promise<void> {
    while (this.#index.unlinkedCount > 0) {
      const before = this.#index.unlinkedCount;
      await this.#index.link({ max: before, threads: this.#threads });
      if (this.#index.unlinkedCount >= before) throw new Error('link made no progress');
    }
  }

  setEf(ef: number): void {
    this.#ef = ef;
  }

  /** How searches go from now on; plain graph walks at first. */
  vary(variation: Variation): void {
    this.#variation = variation;
  }

  prepare(queries: Float32Array): void {
    this.#queries = queries;
  }

  async search(i: number, topK: number): Promise<ArrayLike<number>> {
    const result = this.#index.searchSync({
      queries: this.#queries.subarray(i * this.#dim, (i + 1) * this.#dim),
      topK,
      ef: this.#ef,
      ...this.#variation,
    });
    this.#distances += result.cost.distances;
    return result.slots;
  }

  takeDistances(): number {
    const distances = this.#distances;
    this.#distances = 0;
    return distances;
  }

  async close(): Promise<void> {
    await this.#index.close();
    await this.#engine.close();
  }
}
