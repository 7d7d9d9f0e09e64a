import type { Logger } from '../observability/logger.ts';
import type { VectorField } from '../segment/vector-field.ts';
import { SharedCancel } from '../shared/cancel.ts';
import type { Clock } from '../shared/clock.ts';
import { nextTurn } from '../shared/next-turn.ts';
import type { SegmentSet } from './segment-set.ts';

/** Points of one pass: short enough that a stop does not wait, long enough that its fixed cost does not count. */
const LINK_PER_PASS = 2000;
/**
 * A pass mends a neighbour once, from what is alive around it: larger passes cost less, but too large ones find too little
 * to tie to. 81,437 of 116,659 WordNet vectors deleted: 2,000 a pass took 82 s (recall@10 afterwards 0.936), 8,000 took
 * 41 s (0.938), 50,000 took 5 s (0.888).
 */
const REPAIR_PER_PASS = 8000;
/** While writes came within this time, background work leaves all processors but one to them. */
const BUSY_MS = 500;

/**
 * Background work of a node on all its shards, one field at a time: inserts points into graphs that are large enough
 * to be worth it, and repairs graphs after deletes. Which work is due is decided in `dueWork`, from sizes alone.
 */
export class Optimizer {
  readonly #threads: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #touched = new Map<SegmentSet, () => void>();
  readonly #waiting = new Set<SegmentSet>();
  #running: Promise<void> | null = null;
  #writtenMs = Number.NEGATIVE_INFINITY;
  #current: { set: SegmentSet; cancel: SharedCancel; ended: Promise<void> } | null = null;

  constructor(options: { threads: number; clock: Clock; logger: Logger }) {
    this.#threads = options.threads;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** `touched` is called when work changed what a checkpoint stores. */
  add(set: SegmentSet, touched: () => void): void {
    this.#touched.set(set, touched);
    this.wake(set);
  }

  /** Something was written: look at the shard soon. */
  wake(set: SegmentSet): void {
    this.#writtenMs = this.#clock.monotonicMs();
    if (!this.#touched.has(set) || dueWork(set) === null) return;
    this.#waiting.add(set);
    this.#running ??= this.#run();
  }

  /** No work runs on the shard any more when this resolves. */
  async remove(set: SegmentSet): Promise<void> {
    this.#touched.delete(set);
    this.#waiting.delete(set);
    if (this.#current?.set !== set) return;
    this.#current.cancel.cancel();
    await this.#current.ended;
  }

  async #run(): Promise<void> {
    await nextTurn();
    for (const set of this.#waiting) {
      this.#waiting.delete(set);
      const cancel = new SharedCancel();
      const ended = this.#pass(set, cancel).catch((error: unknown) => {
        this.#logger.error('background work on a shard failed, it is tried again after the next write', {
          error,
        });
      });
      this.#current = { set, cancel, ended };
      await ended;
      this.#current = null;
      await nextTurn();
    }
    this.#running = null;
  }

  /** One pass; puts the shard in line again while work is left and gets done. */
  async #pass(set: SegmentSet, cancel: SharedCancel): Promise<void> {
    const work = dueWork(set);
    if (work === null) return;
    const { index } = work.field;
    const { unlinkedCount, tombstoneCount } = index;
    const busy = this.#clock.monotonicMs() - this.#writtenMs < BUSY_MS;
    const threads = busy ? 1 : this.#threads;
    if (work.kind === 'link') await index.link({ max: LINK_PER_PASS, threads, cancel });
    else await index.repair({ max: REPAIR_PER_PASS, threads, cancel });
    if (index.unlinkedCount === unlinkedCount && index.tombstoneCount === tombstoneCount) return;
    this.#touched.get(set)?.();
    if (this.#touched.has(set)) this.#waiting.add(set);
  }
}

export interface DueWork {
  kind: 'link' | 'repair';
  field: VectorField;
}

/** The next background work of a shard; null = all is as it should be. */
export function dueWork(set: SegmentSet): DueWork | null {
  const { indexing_threshold, deleted_threshold, vacuum_min_vector_number } = set.config.optimizer_config;
  for (const segment of set.segments) {
    for (const field of segment.fields.values()) {
      const { linkedCount, unlinkedCount, tombstoneCount } = field.index;
      const large =
        indexing_threshold !== null && indexing_threshold > 0 && field.kilobytes >= indexing_threshold;
      if (unlinkedCount > 0 && field.params.m > 0 && (large || linkedCount > 0))
        return { kind: 'link', field };
      const inGraph = linkedCount + tombstoneCount;
      if (inGraph >= vacuum_min_vector_number && tombstoneCount > deleted_threshold * inGraph) {
        return { kind: 'repair', field };
      }
    }
  }
  return null;
}
