import type { Engine } from '../engine/engine.ts';
import type { CollectionConfig } from '../model/collection-config.ts';
import { SextantError } from '../model/errors.ts';
import type { Filter } from '../model/filter.ts';
import type { Operation } from '../model/operation.ts';
import { decodeOperation, encodeOperation } from '../model/operation-codec.ts';
import type { PointId } from '../model/point-id.ts';
import type { WriteRequest } from '../model/write.ts';
import type { Logger } from '../observability/logger.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import type { SearchTrace } from '../segment/search.ts';
import type { Clock } from '../shared/clock.ts';
import { Mutex } from '../shared/mutex.ts';
import { nextTurn } from '../shared/next-turn.ts';
import type { Files } from '../storage/files/files.ts';
import { openRecords } from '../storage/records/open-records.ts';
import type { Records } from '../storage/records/records.ts';
import type { Log } from '../storage/wal/log.ts';
import { openLog } from '../storage/wal/wal.ts';
import { applyOperation } from './apply.ts';
import { buildIndex } from './build-index.ts';
import { Checkpointer } from './checkpoint.ts';
import { countPoints } from './count.ts';
import { shardInfo } from './info.ts';
import type { Optimizer } from './optimize.ts';
import { pointsTaken, resolveWrite } from './resolve.ts';
import { retrievePoints } from './retrieve.ts';
import { scrollPoints } from './scroll.ts';
import { searchShard } from './search.ts';
import { SegmentSet } from './segment-set.ts';
import type {
  AcceptedWrite,
  ShardHit,
  ShardInfo,
  ShardReplica,
  StoredPoint,
  VectorNames,
} from './shard-replica.ts';
import { readState } from './state.ts';

export interface ShardOptions {
  engine: Engine;
  files: Files;
  /** The shard's folder: `wal/`, `records/`, `segments/`. */
  folder: string;
  clock: Clock;
  logger: Logger;
  optimizer: Optimizer;
}

/** Bytes of log records that may wait for the disk before further writes wait too. */
const UNSYNCED_BYTES_MAX = 64 * 2 ** 20;

/**
 * A shard on this machine: the log, the segments, and the order between them. Writes take turns: resolve, log, apply
 * without a gap, then wait for the log's sync outside of the turn, so that one sync serves many. Reads need no turn.
 */
export class Shard implements ShardReplica {
  readonly #options: ShardOptions;
  readonly #set: SegmentSet;
  readonly #log: Log;
  readonly #checkpointer: Checkpointer;
  readonly #turn = new Mutex();
  /** Bytes of log records that are not durable yet, and the promise of the last of them. */
  #unsyncedBytes = 0;
  #lastDurable: Promise<void> = Promise.resolve();
  #failure: string | null = null;
  #closing = false;

  private constructor(options: ShardOptions, set: SegmentSet, log: Log, checkpointer: Checkpointer) {
    this.#options = options;
    this.#set = set;
    this.#log = log;
    this.#checkpointer = checkpointer;
  }

  /** Opens at the last checkpoint and replays the log above it. Rejects with `unavailable` when log or records are damaged. */
  static async open(options: ShardOptions, config: CollectionConfig): Promise<Shard> {
    const { files, folder } = options;
    const hasRecords = await files.exists(`${folder}/records`);
    const records = hasRecords ? await openRecords(files, `${folder}/records`) : null;
    const parts: { close(): Promise<void> }[] = records === null ? [] : [records];
    try {
      return await Shard.#assemble(options, config, records, parts);
    } catch (error) {
      for (const part of parts.reverse()) await part.close();
      throw error;
    }
  }

  /** `parts` gets what must be closed when this fails, in the order of opening. */
  static async #assemble(
    options: ShardOptions,
    config: CollectionConfig,
    records: Records | null,
    parts: { close(): Promise<void> }[],
  ): Promise<Shard> {
    const { engine, files, folder, clock, logger } = options;
    const state = readState(records);
    const set = await SegmentSet.open({ engine, files, folder }, config, state, records);
    parts.push(set);
    const log = await openLog(files, `${folder}/wal`, {
      fileBytesMax: config.wal_config.wal_capacity_mb * 2 ** 20,
      firstSequence: state.sequence + 1,
    });
    parts.push(log);
    if (log.nextSequence <= state.sequence || log.firstSequence > state.sequence + 1) {
      throw new SextantError(
        'unavailable',
        `${folder}/wal: the log goes from ${log.firstSequence} to ${log.nextSequence - 1} and does not join the checkpoint at ${state.sequence}`,
      );
    }
    const checkpointer = new Checkpointer({
      files,
      folder,
      set,
      log,
      clock,
      logger,
      records,
      sequence: state.sequence,
    });
    parts.push(checkpointer);
    const shard = new Shard(options, set, log, checkpointer);
    await shard.#replay(state.sequence);
    shard.#resumeBuilds();
    options.optimizer.add(set, () => checkpointer.touch());
    return shard;
  }

  async write(request: WriteRequest, budget: ReadBudget): Promise<AcceptedWrite> {
    this.#refuseWhenClosing();
    return this.#turn.run(async () => {
      this.#refuseWhenFailed();
      await this.#checkpointer.room();
      const operations = await resolveWrite(this.#set, request, budget);
      let accepted: AcceptedWrite = this.#nothingToDo();
      for (const [i, operation] of operations.entries()) {
        if (i > 0) await nextTurn();
        accepted = await this.#accept(operation);
      }
      this.#options.optimizer.wake(this.#set);
      return accepted;
    });
  }

  search(
    plan: NearestPlan,
    vectors: VectorNames,
    budget: ReadBudget,
  ): Promise<{ hits: ShardHit[]; traces: SearchTrace[] }> {
    return this.#read(budget, (whileOpen) => searchShard(this.#set, plan, vectors, whileOpen));
  }

  async retrieve(ids: readonly PointId[], vectors: VectorNames): Promise<StoredPoint[]> {
    return this.#set.readers.during(async () => {
      this.#refuseWhenClosing();
      return retrievePoints(this.#set, ids, vectors);
    });
  }

  scroll(
    from: PointId | null,
    limit: number,
    filter: Filter | null,
    vectors: VectorNames,
    budget: ReadBudget,
  ): Promise<StoredPoint[]> {
    return this.#read(budget, (whileOpen) =>
      scrollPoints(this.#set, { from, limit, filter, vectors }, whileOpen),
    );
  }

  count(filter: Filter | null, exact: boolean, budget: ReadBudget): Promise<number> {
    return this.#read(budget, (whileOpen) => countPoints(this.#set, filter, exact, whileOpen));
  }

  info(): ShardInfo {
    return shardInfo(this.#set, this.#failure ?? this.#checkpointer.failure, this.#turn.length);
  }

  configure(config: CollectionConfig): Promise<void> {
    return this.#turn.run(async () => {
      this.#refuseWhenFailed();
      const { optimizer } = this.#options;
      await optimizer.remove(this.#set);
      try {
        // Before the files of a graph are removed, no checkpoint may tell of that graph.
        if (this.#set.abandonGraphs(config)) await this.#checkpointer.run();
        await this.#checkpointer.alone(() => this.#set.configure(config));
        this.#checkpointer.touch();
      } finally {
        optimizer.add(this.#set, () => this.#checkpointer.touch());
      }
    });
  }

  close(): Promise<void> {
    return this.#close(this.#failure === null);
  }

  discard(): Promise<void> {
    return this.#close(false);
  }

  async #close(checkpoint: boolean): Promise<void> {
    this.#closing = true;
    await this.#turn.run(async () => {
      await this.#options.optimizer.remove(this.#set);
      await this.#set.readsEnded();
      try {
        if (checkpoint) await this.#checkpointer.runIfDirty();
      } finally {
        await this.#checkpointer.close();
        await this.#set.close();
        await this.#log.close();
      }
    });
  }

  /**
   * Runs a read: until it ends no slot that it may come across is handed out again, and nothing is closed. It ends
   * early, with `unavailable`, when the shard is closing.
   */
  #read<T>(budget: ReadBudget, read: (budget: ReadBudget) => Promise<T>): Promise<T> {
    const whileOpen: ReadBudget = {
      signal: budget.signal,
      remainingMs: () => budget.remainingMs(),
      check: () => {
        this.#refuseWhenClosing();
        budget.check();
      },
    };
    return this.#set.readers.during(async () => {
      this.#refuseWhenClosing();
      return read(whileOpen);
    });
  }

  async #accept(operation: Operation): Promise<AcceptedWrite> {
    await this.#set.ensureRoom(pointsTaken(operation));
    const record = encodeOperation(operation);
    await this.#roomInLog(record.length);
    const { sequence, durable } = this.#log.append(record);
    // A log that takes no more has not counted the record: then nothing must be applied either.
    if (this.#log.nextSequence <= sequence) await durable;
    this.#unsyncedBytes += record.length;
    this.#lastDurable = durable;
    durable.then(
      () => {
        this.#unsyncedBytes -= record.length;
      },
      (error: unknown) => this.#fail(error),
    );
    this.#apply(operation, sequence, durable);
    const completed = operation.kind === 'createIndex' ? this.#build(operation.path) : Promise.resolve();
    return { sequence, durable, completed };
  }

  /** Applying cannot fail; should it do so nevertheless, the half-changed state must not become durable. */
  #apply(operation: Operation, sequence: number, durable: Promise<void>): void {
    try {
      applyOperation(this.#set, operation, sequence);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    this.#checkpointer.applied(sequence, durable);
  }

  /** Waits while too much waits for the disk. */
  async #roomInLog(bytes: number): Promise<void> {
    while (this.#unsyncedBytes > 0 && this.#unsyncedBytes + bytes > UNSYNCED_BYTES_MAX) {
      await this.#lastDurable.catch(() => {});
      this.#refuseWhenFailed();
    }
  }

  /**
   * A write that names no point changes nothing and is not logged. That it found nothing may be due to writes before it,
   * so it is durable when they are.
   */
  #nothingToDo(): AcceptedWrite {
    const sequence = this.#log.nextSequence - 1;
    return { sequence, durable: this.#lastDurable, completed: Promise.resolve() };
  }

  async #replay(checkpoint: number): Promise<void> {
    for await (const { sequence, record } of this.#log.read(checkpoint + 1)) {
      const operation = this.#decode(record, sequence);
      await this.#set.ensureRoom(pointsTaken(operation));
      this.#apply(operation, sequence, Promise.resolve());
      await this.#checkpointer.room();
    }
  }

  #decode(record: Uint8Array, sequence: number): Operation {
    try {
      return decodeOperation(record);
    } catch (cause) {
      const message = `${this.#options.folder}/wal: record ${sequence} is not readable`;
      throw new SextantError('unavailable', message, { cause });
    }
  }

  #resumeBuilds(): void {
    for (const [path, { ready }] of this.#set.indexes) if (!ready) void this.#build(path);
  }

  /** The promise may be ignored: a failure is kept as the shard's. */
  #build(path: string): Promise<void> {
    const built = buildIndex(this.#set, path, () => this.#closing);
    built.then(
      () => this.#checkpointer.touch(),
      (error: unknown) => this.#fail(error),
    );
    return built;
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#checkpointer.stop(this.#failure);
    this.#options.logger.error('the shard refuses writes from now on', {
      error,
      shard: this.#options.folder,
    });
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new SextantError('unavailable', 'the shard is closing');
  }

  #refuseWhenFailed(): void {
    this.#refuseWhenClosing();
    if (this.#failure !== null) {
      throw new SextantError(
        'unavailable',
        `the shard refuses writes after a failure, restart the server: ${this.#failure}`,
      );
    }
  }
}
