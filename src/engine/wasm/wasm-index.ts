import { assert } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import { checkIndexOptions } from '../check.ts';
import { coreOptions } from '../core.ts';
import { CoreIndex, call, isCancelled, type PassOptions } from '../core-index.ts';
import type { SearchRequest, SearchResult, VectorIndexOptions } from '../engine.ts';
import { nextTurn, SLICE_MS, SlicedSearch } from './sliced-search.ts';
import { WasmCore } from './wasm-core.ts';

const SLOTS_PER_SLICE_START = 4;
const SLOTS_PER_SLICE_MAX = 1024;

/** Everything runs on the event loop, long work in slices. The WebAssembly instance is made at the first write. */
export class WasmIndex extends CoreIndex<WasmCore> {
  readonly #clock: Clock;
  readonly #searches: SlicedSearch;
  #linkPerSlice = SLOTS_PER_SLICE_START;
  #repairPerSlice = SLOTS_PER_SLICE_START;

  static async open(options: VectorIndexOptions, clock: Clock, onClose: () => void): Promise<WasmIndex> {
    checkIndexOptions(options);
    const { arenas } = options;
    assert(arenas === null || 'read' in arenas, 'the WASM engine cannot map files: give it an ArenaStore');
    const index = new WasmIndex(options, clock, onClose);
    await index.load();
    return index;
  }

  private constructor(options: VectorIndexOptions, clock: Clock, onClose: () => void) {
    super(options, null, onClose);
    this.#clock = clock;
    this.#searches = new SlicedSearch(clock);
  }

  protected override makeCore(): WasmCore {
    return call(() => new WasmCore(() => this.#clock.monotonicMs(), coreOptions(this.options, undefined)));
  }

  protected override async linkWith(core: WasmCore, { max, cancel }: PassOptions): Promise<number> {
    let linked = 0;
    while (linked < max && this.unlinkedCount > 0 && !isCancelled(cancel)) {
      const n = Math.min(this.#linkPerSlice, max - linked);
      const start = this.#clock.monotonicMs();
      const done = core.link(n, Number.POSITIVE_INFINITY);
      this.#linkPerSlice = paced(n, this.#clock.monotonicMs() - start);
      linked += done;
      if (done === 0) break;
      await nextTurn();
    }
    return linked;
  }

  /**
   * A pass over the graph frees all its tombstones or, stopped at the deadline, none: the next one begins anew but
   * finds less to mend. Where even that never fits a slice, the slices grow until one does.
   */
  protected override async repairWith(core: WasmCore, { max, cancel }: PassOptions): Promise<Uint32Array> {
    const freed: number[] = [];
    let patienceMs = SLICE_MS;
    while (freed.length < max && !isCancelled(cancel)) {
      const n = Math.min(this.#repairPerSlice, max - freed.length, this.tombstoneCount);
      if (n === 0) break;
      const start = this.#clock.monotonicMs();
      const now = core.repair(n, patienceMs);
      this.#repairPerSlice = paced(n, this.#clock.monotonicMs() - start);
      for (const slot of now) freed.push(slot);
      patienceMs = now.length > 0 ? SLICE_MS : patienceMs * 1.5;
      await nextTurn();
    }
    return Uint32Array.from(freed);
  }

  protected override searchWith(
    core: WasmCore,
    request: SearchRequest,
    size: { queryCount: number; topK: number },
  ): Promise<SearchResult> {
    const index = {
      dim: this.options.dim,
      count: this.count,
      unlinkedCount: this.unlinkedCount,
      searchSync: core.searchSync.bind(core),
      linkedWords: () => this.linkedWords(),
    };
    return this.#searches.run(index, request, size);
  }

  /** Memory only: nothing to make durable. */
  protected override async syncCore(): Promise<void> {}
}

/** How many to take next, when `n` took `ms`. */
function paced(n: number, ms: number): number {
  const wanted = Math.floor((n * SLICE_MS) / Math.max(ms, 0.1));
  return Math.max(1, Math.min(wanted, n * 4, SLOTS_PER_SLICE_MAX));
}
