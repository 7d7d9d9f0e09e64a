import type { Logger } from '../observability/logger.ts';
import type { Change } from '../segment/point-table.ts';
import type { Clock } from '../shared/clock.ts';
import type { Files } from '../storage/files/files.ts';
import { openRecords } from '../storage/records/open-records.ts';
import type { Records } from '../storage/records/records.ts';
import type { Log } from '../storage/wal/log.ts';
import type { SegmentSet } from './segment-set.ts';
import { stateChange } from './state.ts';

export interface CheckpointerOptions {
  files: Files;
  folder: string;
  set: SegmentSet;
  log: Log;
  clock: Clock;
  logger: Logger;
  records: Records | null;
  /** Of the checkpoint on disk. */
  sequence: number;
}

/** Changed points in memory from which a checkpoint starts early, and from which writes wait for it. */
const CHANGED_BYTES_SOFT = 32 * 2 ** 20;
const CHANGED_BYTES_HARD = 128 * 2 ** 20;

/**
 * Makes a shard's state durable exactly up to a sequence: arenas are synced, then one transaction holds everything
 * else. The state is taken in one go between two operations; what comes after is kept apart until the commit is done.
 */
export class Checkpointer {
  readonly #o: CheckpointerOptions;
  #records: Records | null;
  /** Sequence of the last applied operation. */
  #applied: number;
  #durable: Promise<void> = Promise.resolve();
  #logBytes = 0;
  /** Changes beside points that a failed commit left over; older than those of the next. */
  #carried: Change[] = [];
  #running: Promise<void> | null = null;
  #dirty = false;
  #cancelTimer: (() => void) | null = null;

  constructor(options: CheckpointerOptions) {
    this.#o = options;
    this.#records = options.records;
    this.#applied = options.sequence;
    this.#logBytes = options.log.bytes;
  }

  /** An operation was applied; `durable` is its log record's. */
  applied(sequence: number, durable: Promise<void>): void {
    this.#applied = sequence;
    this.#durable = durable;
    this.#dirty = true;
    const { set, log } = this.#o;
    const full = log.bytes - this.#logBytes > set.config.wal_config.wal_capacity_mb * 2 ** 20;
    if (full || set.points.changedBytes > CHANGED_BYTES_SOFT) this.#start();
    else this.touch();
  }

  /** Something changed that a checkpoint should cover before long. */
  touch(): void {
    this.#dirty = true;
    if (this.#cancelTimer !== null) return;
    const delayMs = this.#o.set.config.optimizer_config.flush_interval_sec * 1000;
    this.#cancelTimer = this.#o.clock.after(delayMs, () => {
      this.#cancelTimer = null;
      this.#start();
    });
  }

  /** Waits while too much is changed in memory. */
  async room(): Promise<void> {
    while (this.#o.set.points.changedBytes > CHANGED_BYTES_HARD) await this.run();
  }

  /** Writes a checkpoint of now. Rejects when it fails; nothing is lost then, the log still holds everything. */
  async run(): Promise<void> {
    while (this.#running !== null) await this.#running.catch(() => {});
    this.#running = this.#write();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  /** As `run`, when there is anything to write. */
  async runIfDirty(): Promise<void> {
    if (this.#dirty || this.#running !== null) await this.run();
  }

  /** Waits for a running checkpoint, then closes the records. */
  async close(): Promise<void> {
    this.#cancelTimer?.();
    while (this.#running !== null) await this.#running.catch(() => {});
    await this.#records?.close();
  }

  #start(): void {
    if (this.#running !== null) return;
    this.run().catch((error: unknown) => {
      this.#o.logger.error('checkpoint failed, it is tried again', { error, shard: this.#o.folder });
      this.touch();
    });
  }

  async #write(): Promise<void> {
    const { files, folder, set, log } = this.#o;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#dirty = false;
    const sequence = this.#applied;
    const durable = this.#durable;
    const points = set.points.freeze();
    const other = [...this.#carried, ...this.#takeSegments(sequence)];
    const unused = set.segments.map((segment) => segment.unusedSlots());
    let records: Records;
    try {
      await durable;
      await this.#syncArenas();
      records = this.#records ?? (await openRecords(files, `${folder}/records`));
      this.#records = records;
      await records.commit(concat(other, points));
    } catch (error) {
      this.#carried = other;
      this.#dirty = true;
      set.points.unfreeze();
      throw error;
    }
    this.#carried = [];
    set.useRecords(records);
    set.points.committed(records);
    for (const [i, slots] of unused.entries()) set.segments[i]!.release(slots);
    await log.truncateBelow(sequence + 1);
    this.#logBytes = log.bytes;
  }

  #takeSegments(sequence: number): Change[] {
    const { set } = this.#o;
    const changes: Change[] = [];
    const segments = set.segments.map((segment) => {
      const taken = segment.takeChanges();
      changes.push(...taken.changes);
      return taken.state;
    });
    const indexes = [...set.indexes].map(([path, { schema, ready }]) => ({ path, schema, ready }));
    changes.push(stateChange({ format: 1, sequence, segments, indexes }));
    return changes;
  }

  async #syncArenas(): Promise<void> {
    const { files, set } = this.#o;
    for (const segment of set.segments) {
      if (segment.count === 0) continue;
      for (const field of segment.fields.values()) await field.index.sync();
      await files.syncFolder(set.folderOf(segment.id));
    }
  }
}

function* concat(a: Iterable<Change>, b: Iterable<Change>): Iterable<Change> {
  yield* a;
  yield* b;
}
