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
import type { Files } from '../storage/files/files.ts';
import { openRecords } from '../storage/records/open-records.ts';
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
    const { engine, files, folder, clock, logger } = options;
    const hasRecords = await files.exists(`${folder}/records`);
    const records = hasRecords ? await openRecords(files, `${folder}/records`) : null;
    const state = readState(records);
    const set = await SegmentSet.open({ engine, files, folder }, config, state, records);
    const log = await openLog(files, `${folder}/wal`, {
      fileBytesMax: config.wal_config.wal_capacity_mb * 2 ** 20,
      firstSequence: state.sequence + 1,
    });
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
    const shard = new Shard(options, set, log, checkpointer);
    await shard.#replay(state.sequence);
    shard.#resumeBuilds();
    options.optimizer.add(set, () => checkpointer.touch());
    return shard;
  }

  write(request: WriteRequest, budget: ReadBudget): Promise<AcceptedWrite> {
    return this.#turn.run(async () => {
      this.#refuseWhenFailed();
      await this.#checkpointer.room();
      const operations = await resolveWrite(this.#set, request, budget);
      let accepted: AcceptedWrite = this.#nothingToDo();
      for (const operation of operations) accepted = await this.#accept(operation);
      this.#options.optimizer.wake(this.#set);
      return accepted;
    });
  }

  search(
    plan: NearestPlan,
    vectors: VectorNames,
    budget: ReadBudget,
  ): Promise<{ hits: ShardHit[]; traces: SearchTrace[] }> {
    return searchShard(this.#set, plan, vectors, budget);
  }

  async retrieve(ids: readonly PointId[], vectors: VectorNames): Promise<StoredPoint[]> {
    return retrievePoints(this.#set, ids, vectors);
  }

  scroll(
    from: PointId | null,
    limit: number,
    filter: Filter | null,
    vectors: VectorNames,
    budget: ReadBudget,
  ): Promise<StoredPoint[]> {
    return scrollPoints(this.#set, { from, limit, filter, vectors }, budget);
  }

  count(filter: Filter | null, exact: boolean, budget: ReadBudget): Promise<number> {
    return countPoints(this.#set, filter, exact, budget);
  }

  info(): ShardInfo {
    return shardInfo(this.#set, this.#failure, this.#turn.length);
  }

  configure(config: CollectionConfig): Promise<void> {
    return this.#turn.run(async () => {
      await this.#set.configure(config);
      this.#options.optimizer.wake(this.#set);
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
      if (checkpoint) await this.#checkpointer.runIfDirty();
      await this.#checkpointer.close();
      await this.#set.close();
      await this.#log.close();
    });
  }

  async #accept(operation: Operation): Promise<AcceptedWrite> {
    await this.#set.ensureRoom(pointsTaken(operation));
    const { sequence, durable } = this.#log.append(encodeOperation(operation));
    durable.catch((error: unknown) => this.#fail(error));
    applyOperation(this.#set, operation, sequence);
    this.#checkpointer.applied(sequence, durable);
    const completed = operation.kind === 'createIndex' ? this.#build(operation.path) : Promise.resolve();
    return { sequence, durable, completed };
  }

  /** A write that names no point changes nothing and is not logged. */
  #nothingToDo(): AcceptedWrite {
    return { sequence: this.#log.nextSequence - 1, durable: Promise.resolve(), completed: Promise.resolve() };
  }

  async #replay(checkpoint: number): Promise<void> {
    for await (const { sequence, record } of this.#log.read(checkpoint + 1)) {
      const operation = decodeOperation(record);
      await this.#set.ensureRoom(pointsTaken(operation));
      applyOperation(this.#set, operation, sequence);
      this.#checkpointer.applied(sequence, Promise.resolve());
      await this.#checkpointer.room();
    }
  }

  #resumeBuilds(): void {
    for (const [path, { ready }] of this.#set.indexes) if (!ready) void this.#build(path);
  }

  async #build(path: string): Promise<void> {
    try {
      await buildIndex(this.#set, path, () => this.#closing);
      this.#checkpointer.touch();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== null) return;
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#options.logger.error('the shard refuses writes from now on', {
      error,
      shard: this.#options.folder,
    });
  }

  #refuseWhenFailed(): void {
    if (this.#closing) throw new SextantError('unavailable', 'the shard is closing');
    if (this.#failure !== null) {
      throw new SextantError(
        'unavailable',
        `the shard refuses writes after a failure, restart the server: ${this.#failure}`,
      );
    }
  }
}
