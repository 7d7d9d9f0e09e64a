import { assert } from '../shared/assert.ts';
import { ArenaSync, loadArenas } from './arena-sync.ts';
import { checkPass, checkSearch, checkSlots, checkVectors } from './check.ts';
import { type Core, type CoreSearch, fromCore } from './core.ts';
import type {
  ArenaStore,
  CancelToken,
  SearchRequest,
  SearchResult,
  VectorIndex,
  VectorIndexOptions,
} from './engine.ts';
import { readSearchBlock, searchFlags } from './search-block.ts';

export interface PassOptions {
  max: number;
  threads: number;
  cancel?: CancelToken;
}

/**
 * What the native and the WASM index have in common: checks, bookkeeping, everything on the calling thread, and the
 * way to an `ArenaStore`. `core` is null while there is nothing in the index (WASM makes one at the first write).
 */
export abstract class CoreIndex<C extends Core> implements VectorIndex {
  protected readonly options: VectorIndexOptions;
  readonly #onClose: () => void;
  #core: C | null;
  #arenas: ArenaSync | null = null;
  #running = new Set<Promise<unknown>>();
  #syncing: Promise<unknown> = Promise.resolve();
  #closed = false;

  protected constructor(options: VectorIndexOptions, core: C | null, onClose: () => void) {
    this.options = options;
    this.#onClose = onClose;
    this.#core = core;
  }

  get count(): number {
    return this.#counter(0);
  }
  get linkedCount(): number {
    return this.#counter(1);
  }
  get unlinkedCount(): number {
    return this.#counter(2);
  }
  get tombstoneCount(): number {
    return this.#counter(3);
  }
  get bytes(): { vectors: number; codes: number; links: number } {
    return { vectors: this.#counter(4), codes: this.#counter(5), links: this.#counter(6) };
  }

  write(slots: Uint32Array, vectors: Float32Array): void {
    this.checkOpen();
    checkSlots(slots, this.options.capacity);
    checkVectors(vectors, slots.length, this.options.dim);
    if (slots.length === 0) return;
    this.#core ??= this.makeCore();
    call(() => this.#core!.write(slots, vectors));
  }

  reserve(count: number): void {
    this.checkOpen();
    assert(
      Number.isInteger(count) && count >= 0 && count <= this.options.capacity,
      'reserve within the capacity',
    );
    if (count === 0) return;
    this.#core ??= this.makeCore();
    call(() => this.#core!.reserve(count));
  }

  read(slots: Uint32Array): Float32Array {
    this.checkOpen();
    checkSlots(slots, this.count);
    const out = new Float32Array(slots.length * this.options.dim);
    if (slots.length > 0) call(() => this.#core!.read(slots, out));
    return out;
  }

  remove(slots: Uint32Array): void {
    this.checkOpen();
    checkSlots(slots, this.count);
    if (slots.length > 0) call(() => this.#core!.remove(slots));
  }

  score(query: Float32Array, slots: Uint32Array): Float32Array {
    this.checkOpen();
    checkVectors(query, 1, this.options.dim);
    checkSlots(slots, this.count);
    const out = new Float32Array(slots.length);
    if (slots.length > 0) call(() => this.#core!.score(query, slots, out));
    return out;
  }

  async link(options: PassOptions): Promise<{ linked: number }> {
    this.checkOpen();
    checkPass(options);
    const core = this.#core;
    if (core === null || isCancelled(options.cancel)) return { linked: 0 };
    return { linked: await this.running(this.linkWith(core, options)) };
  }

  async repair(options: PassOptions): Promise<Uint32Array> {
    this.checkOpen();
    checkPass(options);
    const core = this.#core;
    if (core === null || isCancelled(options.cancel)) return new Uint32Array();
    return await this.running(this.repairWith(core, options));
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const { queryCount, topK } = this.#check(request);
    if (this.#core === null) return nothing(queryCount);
    return await this.running(this.searchWith(this.#core, request, { queryCount, topK }));
  }

  searchSync(request: SearchRequest): SearchResult {
    const { queryCount, topK } = this.#check(request);
    const core = this.#core;
    if (core === null) return nothing(queryCount);
    return readSearchBlock(
      call(() => core.searchSync(...coreSearch(request, topK))),
      queryCount,
    );
  }

  linkedWords(): Uint32Array {
    this.checkOpen();
    const words = new Uint32Array((this.count + 31) >>> 5);
    if (words.length > 0) call(() => this.#core!.linkedWords(words));
    return words;
  }

  async sync(): Promise<void> {
    this.checkOpen();
    const core = this.#core;
    if (core === null) return;
    // One at a time, in order of the calls.
    const mine = this.#syncing.then(() =>
      this.#store() === null ? this.syncCore(core) : this.#syncArenas(core),
    );
    this.#syncing = mine.catch(() => undefined);
    await this.running(mine);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#running);
    if (this.#core !== null) this.#core.close();
    this.#core = null;
    this.#onClose();
  }

  /** Puts back what the store holds; called once, before anything else. */
  async load(): Promise<void> {
    const store = this.#store();
    if (this.options.count === 0 || store === null) return;
    this.#core ??= this.makeCore();
    try {
      await loadArenas(this.#core, store);
    } catch (error) {
      throw fromCore(error);
    }
  }

  protected abstract makeCore(): C;
  protected abstract linkWith(core: C, options: PassOptions): Promise<number>;
  protected abstract repairWith(core: C, options: PassOptions): Promise<Uint32Array>;
  protected abstract searchWith(
    core: C,
    request: SearchRequest,
    size: { queryCount: number; topK: number },
  ): Promise<SearchResult>;
  /** Makes a core durable that has no store. */
  protected abstract syncCore(core: C): Promise<void>;

  protected checkOpen(): void {
    assert(!this.#closed, 'the index is closed');
  }

  /** Lets `close` wait for the work, and turns a core's errors into ours. */
  protected async running<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } catch (error) {
      throw fromCore(error);
    } finally {
      this.#running.delete(work);
    }
  }

  #check(request: SearchRequest): { queryCount: number; topK: number } {
    this.checkOpen();
    return checkSearch(request, { dim: this.options.dim, count: this.count });
  }

  #store(): ArenaStore | null {
    const { arenas } = this.options;
    return arenas !== null && 'read' in arenas ? arenas : null;
  }

  async #syncArenas(core: C): Promise<void> {
    this.#arenas ??= new ArenaSync(core, this.#store()!);
    await this.#arenas.sync();
  }

  #counter(at: number): number {
    if (this.#core === null) return at === 0 && !this.#closed ? this.options.count : 0;
    this.#core.counters(counters);
    return counters[at]!;
  }
}

/** Filled and read within one call. */
const counters = new Float64Array(7);

export const isCancelled = (cancel: CancelToken | undefined): boolean =>
  cancel !== undefined && Atomics.load(cancel.cell, 0) !== 0;

export function coreSearch(request: SearchRequest, topK: number): CoreSearch {
  return [
    request.queries,
    topK,
    request.ef,
    searchFlags(request),
    request.oversampling ?? 1,
    request.timeoutMs ?? Number.POSITIVE_INFINITY,
    request.allowed,
    request.slots,
    request.cancel?.cell,
  ];
}

/** Runs one call of a core; its errors become ours. */
export function call<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw fromCore(error);
  }
}

const nothing = (queryCount: number): SearchResult => ({
  offsets: new Uint32Array(queryCount + 1),
  slots: new Uint32Array(),
  similarities: new Float32Array(),
  cost: { visited: 0, distances: 0, rescored: 0 },
  stopped: 'done',
});
