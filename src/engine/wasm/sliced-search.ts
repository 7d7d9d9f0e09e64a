import type { Clock } from '../../shared/clock.ts';
import type { CoreSearch } from '../core.ts';
import { coreSearch, isCancelled } from '../core-index.ts';
import type { SearchRequest, SearchResult } from '../engine.ts';
import { readSearchBlock } from '../search-block.ts';
import { HitMerge } from './hit-merge.ts';

/** How long one slice of work may keep the event loop. */
export const SLICE_MS = 10;
/** Where the estimates start: far below what any machine does, so that the first slice is short. */
const COMPONENTS_PER_MS_START = 200_000;
const QUERIES_PER_MS_START = 0.3;

export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a sliced search asks of its index. */
export interface Searchable {
  readonly dim: number;
  readonly count: number;
  readonly unlinkedCount: number;
  searchSync(...search: CoreSearch): ArrayBuffer;
  linkedWords(): Uint32Array;
}

/**
 * A search on the event loop, cut into slices of about `SLICE_MS` each: scans by ranges of slots, walks by queries. A
 * single walk is not cut. Each instance learns the speed of its index.
 */
export class SlicedSearch {
  readonly #clock: Clock;
  #componentsPerMs = COMPONENTS_PER_MS_START;
  #queriesPerMs = QUERIES_PER_MS_START;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async run(
    index: Searchable,
    request: SearchRequest,
    { queryCount, topK }: { queryCount: number; topK: number },
  ): Promise<SearchResult> {
    if (this.#isOneSlice(index, request, queryCount)) {
      return readSearchBlock(index.searchSync(...coreSearch(request, topK)), queryCount);
    }
    const run = new Run(this.#clock, index, request, topK, new HitMerge(queryCount, topK));
    if (request.strategy === 'plain') {
      await this.#scan(run, request.allowed);
    } else if (request.linkedOnly === true || this.#isShort(index.unlinkedCount * queryCount * index.dim)) {
      await this.#walk(run, request.linkedOnly === true);
    } else {
      // The unlinked are scanned first: a slot that is linked in between is then found twice, and never missed.
      await this.#scan(run, unlinkedOf(index, request.allowed));
      await this.#walk(run, true);
    }
    return run.merge.result();
  }

  #isOneSlice(index: Searchable, request: SearchRequest, queryCount: number): boolean {
    if (isCancelled(request.cancel)) return false;
    const rows = request.strategy === 'plain' ? (request.slots?.length ?? index.count) : index.unlinkedCount;
    const isShort = this.#isShort(rows * queryCount * index.dim);
    return (
      isShort && (request.strategy === 'plain' || queryCount <= Math.max(1, this.#queriesPerMs * SLICE_MS))
    );
  }

  #isShort(components: number): boolean {
    return components <= this.#componentsPerMs * SLICE_MS;
  }

  async #scan(run: Run, allowed: Uint32Array | undefined): Promise<void> {
    const { request, index } = run;
    const total = request.slots?.length ?? index.count;
    const componentsPerRow = index.dim * run.queryCount;
    for (let from = 0; from < total && (await run.goesOn()); ) {
      const rows = Math.max(64, Math.floor((this.#componentsPerMs * SLICE_MS) / componentsPerRow) & ~31);
      const to = Math.min(from + rows, total);
      const part =
        request.slots === undefined
          ? { allowed: from === 0 && to === total ? allowed : window(allowed, from, to) }
          : { slots: request.slots.subarray(from, to) };
      const { ms, result } = run.slice({ ...part, strategy: 'plain', queries: request.queries }, 0);
      const components = Math.max(result.cost.visited, 1) * componentsPerRow;
      // What the bitmap left out costs next to nothing; a slice of nearly nothing tells nothing of the speed.
      if (ms > 0.5) this.#componentsPerMs = blend(this.#componentsPerMs, components / ms);
      from = to;
    }
  }

  async #walk(run: Run, linkedOnly: boolean): Promise<void> {
    const { request, index } = run;
    for (let from = 0; from < run.queryCount && (await run.goesOn()); ) {
      const n = Math.max(1, Math.min(Math.floor(this.#queriesPerMs * SLICE_MS), run.queryCount - from));
      const queries = request.queries.subarray(from * index.dim, (from + n) * index.dim);
      const { ms } = run.slice({ strategy: 'graph', allowed: request.allowed, linkedOnly, queries }, from);
      this.#queriesPerMs = blend(this.#queriesPerMs, n / Math.max(ms, 0.001));
      from += n;
    }
  }
}

/** One request on its way. */
class Run {
  readonly index: Searchable;
  readonly request: SearchRequest;
  readonly queryCount: number;
  readonly merge: HitMerge;
  readonly #clock: Clock;
  readonly #topK: number;
  readonly #deadlineMs: number;
  #sliceCount = 0;

  constructor(clock: Clock, index: Searchable, request: SearchRequest, topK: number, merge: HitMerge) {
    this.#clock = clock;
    this.index = index;
    this.request = request;
    this.queryCount = request.queries.length / index.dim;
    this.merge = merge;
    this.#topK = topK;
    this.#deadlineMs = clock.monotonicMs() + (request.timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  /** Lets the event loop turn between slices; false when the search has to end here. */
  async goesOn(): Promise<boolean> {
    if (this.#sliceCount++ > 0) await nextTurn();
    if (this.merge.stopped !== 'done') return false;
    if (isCancelled(this.request.cancel)) this.merge.stopped = 'cancelled';
    else if (this.#clock.monotonicMs() >= this.#deadlineMs) this.merge.stopped = 'deadline';
    return this.merge.stopped === 'done';
  }

  slice(part: SlicePart, firstQuery: number): { ms: number; result: SearchResult } {
    const start = this.#clock.monotonicMs();
    const { slots: _, allowed: __, linkedOnly, ...rest } = this.request;
    const request: SearchRequest = {
      ...rest,
      ...(linkedOnly === undefined ? {} : { linkedOnly }),
      ...defined(part),
    };
    if (Number.isFinite(this.#deadlineMs)) request.timeoutMs = this.#deadlineMs - start;
    const queryCount = part.queries.length / this.index.dim;
    const result = readSearchBlock(this.index.searchSync(...coreSearch(request, this.#topK)), queryCount);
    this.merge.add(result, firstQuery);
    return { ms: this.#clock.monotonicMs() - start, result };
  }
}

interface SlicePart {
  queries: Float32Array;
  strategy: SearchRequest['strategy'];
  allowed?: Uint32Array | undefined;
  slots?: Uint32Array;
  linkedOnly?: boolean;
}

/** Without members that are undefined. */
const defined = (part: SlicePart): SlicePart & { allowed?: Uint32Array } =>
  Object.fromEntries(Object.entries(part).filter(([, value]) => value !== undefined)) as never;

const blend = (before: number, now: number): number => before * 0.5 + now * 0.5;

/** The allowed slots in from..to (multiples of 32, or the end). */
function window(allowed: Uint32Array | undefined, from: number, to: number): Uint32Array {
  const first = from >>> 5;
  const words = new Uint32Array((to + 31) >>> 5);
  if (allowed === undefined) words.fill(0xffff_ffff, first);
  else words.set(allowed.subarray(first, words.length), first);
  return words;
}

function unlinkedOf(index: Searchable, allowed: Uint32Array | undefined): Uint32Array {
  const linked = index.linkedWords();
  return linked.map((word, i) => ~word & (allowed === undefined ? 0xffff_ffff : (allowed[i] ?? 0)));
}
