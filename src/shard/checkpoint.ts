import { SextantError } from '../model/errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { Change } from '../segment/point-table.ts';
import type { Clock } from '../shared/clock.ts';
import { nextTurn } from '../shared/next-turn.ts';
import type { Files } from '../storage/files/files.ts';
import { syncFolders } from '../storage/files/paths.ts';
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

/**
 * Changed points in memory from which a checkpoint starts early, and from which writes wait for it. The first is about
 * 20,000 points: handing them to the records in one go holds the event loop for some 20 ms.
 */
const CHANGED_BYTES_SOFT = 8 * 2 ** 20;
const CHANGED_BYTES_HARD = 64 * 2 ** 20;

/**
 * Makes a shard's state durable exactly up to a sequence: arenas are synced, then one transaction holds everything
 * else. The state is taken in one go between two operations; what comes after is kept apart until the commit is done.
 * A failure loses nothing, the log holds everything. When the disk was full it is tried again; after any other failure
 * nobody knows what is on the disk, so that no further checkpoint is written until the shard is opened again.
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
  /** Segments whose folder's name is durable. */
  readonly #named = new Set<number>();
  #running: Promise<void> | null = null;
  #dirty = false;
  /** The last checkpoint failed: the next attempt waits for its time, or until writes have to wait. */
  #failedLast = false;
  #cancelTimer: (() => void) | null = null;
  #closed = false;
  #failure: string | null = null;

  constructor(options: CheckpointerOptions) {
    this.#o = options;
    this.#records = options.records;
    this.#applied = options.sequence;
    this.#logBytes = options.log.bytes;
  }

  /** Why no checkpoint is written any more, or null. */
  get failure(): string | null {
    return this.#failure;
  }

  /** An operation was applied; `durable` is its log record's. */
  applied(sequence: number, durable: Promise<void>): void {
    this.#applied = sequence;
    this.#durable = durable;
    this.#dirty = true;
    const { set, log } = this.#o;
    const full = log.bytes - this.#logBytes > set.config.wal_config.wal_capacity_mb * 2 ** 20;
    const due = full || set.points.changedBytes > CHANGED_BYTES_SOFT;
    if (due && !this.#failedLast) this.#start();
    else this.touch();
  }

  /** Something changed that a checkpoint should cover before long. */
  touch(): void {
    this.#dirty = true;
    if (this.#cancelTimer !== null || this.#closed || this.#failure !== null) return;
    const delayMs = this.#o.set.config.optimizer_config.flush_interval_sec * 1000;
    this.#cancelTimer = this.#o.clock.after(delayMs, () => {
      this.#cancelTimer = null;
      this.#start();
    });
  }

  /**
   * Waits while too much is changed in memory. Rejects with `insufficientStorage` or `unavailable` when no checkpoint
   * can be written.
   */
  async room(): Promise<void> {
    const { points } = this.#o.set;
    while (points.heldBytes > CHANGED_BYTES_HARD) {
      await this.#running?.catch(() => {});
      if (points.heldBytes <= CHANGED_BYTES_HARD) return;
      await this.run().catch((cause: unknown) => {
        const kind = isDiskFull(cause) ? 'insufficientStorage' : 'unavailable';
        const reason = cause instanceof Error ? cause.message : String(cause);
        const message = `too much has changed since the last checkpoint, and a new one cannot be written: ${reason}`;
        throw new SextantError(kind, message, { cause });
      });
    }
  }

  /** Writes a checkpoint of now. Rejects when it fails; nothing is lost then, the log still holds everything. */
  run(): Promise<void> {
    return this.alone(() => this.#write());
  }

  /** As `run`, when there is anything to write. */
  async runIfDirty(): Promise<void> {
    if (this.#dirty || this.#running !== null) await this.run();
  }

  /** Runs `task` while no checkpoint runs. */
  async alone(task: () => Promise<void>): Promise<void> {
    while (this.#running !== null) await this.#running.catch(() => {});
    this.#running = task();
    try {
      await this.#running;
    } finally {
      this.#running = null;
    }
  }

  /** What is in memory must not become durable any more. */
  stop(reason: string): void {
    this.#failure ??= reason;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  /** Waits for a running checkpoint, then closes the records. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    while (this.#running !== null) await this.#running.catch(() => {});
    await this.#records?.close();
  }

  #start(): void {
    if (this.#running !== null || this.#closed || this.#failure !== null) return;
    this.run().catch((error: unknown) => {
      const what = this.#failure === null ? 'it is tried again' : 'the shard must be opened again';
      this.#o.logger.error(`checkpoint failed, ${what}`, { error, shard: this.#o.folder });
      this.touch();
    });
  }

  async #write(): Promise<void> {
    if (this.#failure !== null) {
      throw new SextantError('unavailable', `no checkpoint can be written: ${this.#failure}`);
    }
    const { set, log } = this.#o;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#dirty = false;
    const sequence = this.#applied;
    const durable = this.#durable;
    const points = set.points.freeze();
    const other = [...this.#carried, ...this.#takeSegments(sequence)];
    const unused = set.segments.map((segment) => segment.unusedSlots());
    try {
      await durable;
      await this.#syncArenas();
      await this.#commit(await gathered(other, points));
    } catch (error) {
      this.#failedLast = true;
      this.#carried = lastOfEachKey(other);
      this.#dirty = true;
      set.points.unfreeze();
      if (!isDiskFull(error)) this.stop(error instanceof Error ? error.message : String(error));
      throw error;
    }
    this.#failedLast = false;
    this.#carried = [];
    for (const [i, slots] of unused.entries()) set.segments[i]!.release(slots);
    await log.truncateBelow(sequence + 1);
    this.#logBytes = log.bytes;
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    const { files, folder, set } = this.#o;
    const records = this.#records ?? (await openRecords(files, `${folder}/records`));
    this.#records = records;
    await records.commit(changes);
    set.useRecords(records);
    set.points.committed(records);
  }

  #takeSegments(sequence: number): Change[] {
    const { set } = this.#o;
    const changes: Change[] = [];
    const segments = set.segments.map((segment) => {
      const taken = segment.takeChanges();
      for (const change of taken.changes) changes.push(change);
      return taken.state;
    });
    const indexes = [...set.indexes].map(([path, { schema, ready }]) => ({ path, schema, ready }));
    changes.push(stateChange({ format: 1, sequence, segments, indexes }));
    return changes;
  }

  /** The files of a segment may be new, and so may be its folder and those above. */
  async #syncArenas(): Promise<void> {
    const { files, set } = this.#o;
    for (const segment of set.segments) {
      if (segment.count === 0) continue;
      for (const field of segment.fields.values()) await field.index.sync();
      const folder = set.folderOf(segment.id);
      if (!(await files.exists(folder))) continue;
      if (this.#named.has(segment.id)) await files.syncFolder(folder);
      else await syncFolders(files, folder);
      this.#named.add(segment.id);
    }
  }
}

/** Changes encoded between two turns of the event loop. */
const CHANGES_PER_TURN = 2000;

/** All changes in one list; encodes the points' in slices. */
async function gathered(other: readonly Change[], points: Iterable<Change>): Promise<Change[]> {
  const all = [...other];
  for (const change of points) {
    all.push(change);
    if (all.length % CHANGES_PER_TURN === 0) await nextTurn();
  }
  return all;
}

/** Of several changes of a key only the last counts. */
function lastOfEachKey(changes: readonly Change[]): Change[] {
  const last = new Map<string, Change>();
  for (const change of changes) {
    const [key] = change;
    last.set(Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1'), change);
  }
  return [...last.values()];
}

const CAUSES_MAX = 8;

function isDiskFull(error: unknown): boolean {
  let current = error;
  for (let depth = 0; current instanceof Error && depth < CAUSES_MAX; depth++) {
    const { code } = current as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT' || /no space left/i.test(current.message)) return true;
    current = current.cause;
  }
  return false;
}
