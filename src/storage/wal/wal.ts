import { SextantError } from '../../model/errors.ts';
import { assert, must } from '../../shared/assert.ts';
import type { File, Files } from '../files/files.ts';
import { joinPath, normalisePath, syncFolders } from '../files/paths.ts';
import {
  encodeFileHeader,
  FILE_HEADER_BYTES,
  fileName,
  RECORD_BYTES_MAX,
  RECORD_HEADER_BYTES,
} from './format.ts';
import { Group } from './group.ts';
import type { Log } from './log.ts';
import { type LogFile, type Recovered, recoverLog } from './recover.ts';
import { damaged, FileWindow, recordAt } from './scan.ts';

export interface LogOptions {
  /** A file that has reached this is closed and the next one begun. Default 32 MiB. */
  fileBytesMax?: number;
  /** Bytes that may wait for the disk; an append beyond is refused, unless nothing waits. Default 128 MiB. */
  pendingBytesMax?: number;
  /** Sequence of the first append when the folder holds no log. Default 1. */
  firstSequence?: number;
}

/**
 * Opens the log in `folder`, after making it consistent (see `recoverLog`). Makes neither folder nor file: that is for
 * the first append, so an untouched shard costs nothing. Throws kind `unavailable` when the log is damaged.
 */
export async function openLog(
  files: Files,
  folder: string,
  options: LogOptions = {},
): Promise<WriteAheadLog> {
  const { firstSequence = 1, fileBytesMax = 32 << 20, pendingBytesMax = 128 << 20 } = options;
  assert(
    Number.isSafeInteger(firstSequence) && firstSequence > 0,
    'firstSequence must be a positive integer',
  );
  assert(fileBytesMax > 0 && pendingBytesMax > 0, 'log limits must be positive');
  const name = normalisePath(folder);
  const recovered = await recoverLog(files, name, firstSequence);
  return new WriteAheadLog(files, name, { fileBytesMax, pendingBytesMax }, recovered);
}

/**
 * The local log: files of checksummed records, one write and one sync for all that wait. Invariant: `#files` are
 * consecutive; all but the last are complete and never written again; the last is valid up to its `end`, and nothing of
 * it beyond that counts until the sync of the group in flight has returned.
 */
export class WriteAheadLog implements Log {
  /** What opening cut off; null when nothing. */
  readonly cut: Recovered['cut'];
  readonly #storage: Files;
  readonly #folder: string;
  readonly #options: Required<Omit<LogOptions, 'firstSequence'>>;
  readonly #files: LogFile[];
  #nextSequence: number;
  /** The last file, once something was appended to it. */
  #active: File | null = null;
  /** What waits for the group in flight to finish. */
  #group = new Group();
  #inFlightBytes = 0;
  /** Writes, rotations and removals, one after the other. Never rejects. */
  #tail: Promise<void> = Promise.resolve();
  #scheduled = false;
  #failure: SextantError | null = null;
  #closed = false;

  constructor(
    storage: Files,
    folder: string,
    options: Required<Omit<LogOptions, 'firstSequence'>>,
    recovered: Recovered,
  ) {
    this.#storage = storage;
    this.#folder = folder;
    this.#options = options;
    this.#files = recovered.files;
    this.#nextSequence = recovered.nextSequence;
    this.cut = recovered.cut;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  get firstSequence(): number {
    return this.#files[0]?.firstSequence ?? this.#nextSequence;
  }

  /** Durable records only, with their framing. */
  get bytes(): number {
    return this.#files.reduce((sum, file) => sum + file.end - FILE_HEADER_BYTES, 0);
  }

  /** Bytes appended and not yet durable; a writer waits while this is too high for its taste. */
  get pendingBytes(): number {
    return this.#group.bytes + this.#inFlightBytes;
  }

  /** As `Log` says. The record's bytes must not change until it is durable. */
  append(record: Uint8Array): { sequence: number; durable: Promise<void> } {
    assert(record.length <= RECORD_BYTES_MAX, 'a log record is larger than 1 GiB');
    const sequence = this.#nextSequence;
    const refusal = this.#refusal(record.length);
    if (refusal !== null) return { sequence, durable: rejected(refusal) };
    this.#nextSequence++;
    const durable = this.#group.add(record, sequence);
    this.#schedule();
    return { sequence, durable };
  }

  /** As `Log` says: what is durable when the read comes to it. A truncation meanwhile makes it fail. */
  async *read(sequence: number): AsyncIterable<{ sequence: number; record: Uint8Array }> {
    const from = Math.max(sequence, this.firstSequence);
    let next = from;
    while (true) {
      const at = this.#files.findLastIndex((file) => file.firstSequence <= next);
      if (at < 0) return;
      const logFile = this.#files[at]!;
      const { end } = logFile;
      const handle = await this.#storage.open(logFile.path);
      try {
        for await (const found of readFile(logFile, handle, next)) {
          yield found;
          next = found.sequence + 1;
        }
      } finally {
        await handle.close();
      }
      if (logFile.end > end) continue;
      const following = this.#files.find((file) => file.firstSequence > logFile.firstSequence);
      if (following === undefined) return;
      if (following.firstSequence > next) {
        throw damaged(logFile.path, logFile.end, `record ${next} is missing`);
      }
    }
  }

  /**
   * Removes files whose records are all below `sequence`, oldest first, each durably before the next, so that a crash
   * leaves no gap. When that is all there is, and worth it, a fresh file is begun first so that the last can go too.
   */
  async truncateBelow(sequence: number): Promise<void> {
    await this.#exclusive(async () => {
      this.#throwFailure();
      const last = this.#files.at(-1);
      const covered = last !== undefined && this.#group.isEmpty && sequence >= this.#nextSequence;
      if (
        covered &&
        last.end > FILE_HEADER_BYTES &&
        last.end >= Math.min(COVERED_BYTES_MAX, this.#options.fileBytesMax)
      ) {
        await this.#rotate().catch((error) => {
          throw this.#fail(error);
        });
      }
      while (this.#files.length > 1 && this.#files[1]!.firstSequence <= sequence) {
        const { path } = must(this.#files.shift());
        await this.#storage.remove(path);
        await this.#storage.syncFolder(this.#folder);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#exclusive(async () => {
      if (!this.#group.isEmpty && this.#failure === null) await this.#writeGroup();
      const active = this.#active;
      this.#active = null;
      await active?.close();
    });
  }

  #refusal(length: number): SextantError | null {
    if (this.#failure !== null) return this.#failure;
    if (this.#closed) return new SextantError('unavailable', `the log ${this.#folder} is closed`);
    const { pendingBytesMax } = this.#options;
    if (this.pendingBytes > 0 && this.pendingBytes + length > pendingBytesMax) {
      return new SextantError('unavailable', `the log ${this.#folder} has too much waiting for the disk`);
    }
    return null;
  }

  #throwFailure(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** One task is enough for all that is appended until it starts. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    void this.#exclusive(async () => {
      this.#scheduled = false;
      if (!this.#group.isEmpty) await this.#writeGroup();
    });
  }

  #exclusive(task: () => Promise<void>): Promise<void> {
    const done = this.#tail.then(task);
    this.#tail = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  /** Writes and syncs what waits; settles its promise. Never rejects: a failure is kept and given to all who wait. */
  async #writeGroup(): Promise<void> {
    const group = this.#group;
    this.#group = new Group();
    this.#inFlightBytes = group.bytes;
    try {
      this.#throwFailure();
      let last = this.#files.at(-1);
      if (last === undefined || this.#isFull(last)) {
        await this.#rotate(group.firstSequence);
        last = must(this.#files.at(-1));
      }
      this.#active ??= await this.#storage.open(last.path);
      const end = await group.write(this.#active, last.end);
      await this.#active.sync();
      last.end = end;
      this.#inFlightBytes = 0;
      group.resolve();
    } catch (error) {
      this.#inFlightBytes = 0;
      group.reject(this.#fail(error));
    }
  }

  /** A file without records never is: the next one would have the same name. */
  #isFull(file: LogFile): boolean {
    return file.end > FILE_HEADER_BYTES && file.end >= this.#options.fileBytesMax;
  }

  #fail(error: unknown): SextantError {
    if (this.#failure === null) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      this.#failure = new SextantError(
        'unavailable',
        `the log ${this.#folder} could not be written (${code}); it takes no more writes until it is opened again`,
        { cause: error },
      );
      this.#group.reject(this.#failure);
      this.#group = new Group();
    }
    return this.#failure;
  }

  /** Begins the next file: header and name are durable before the first record goes into it. */
  async #rotate(firstSequence = this.#nextSequence): Promise<void> {
    const path = joinPath(this.#folder, fileName(firstSequence));
    const isFirst = this.#files.length === 0;
    const previous = this.#active;
    this.#active = null;
    await previous?.close();
    const file = await this.#storage.open(path, { create: true });
    try {
      await file.truncate(0);
      await file.write(encodeFileHeader(firstSequence), 0);
      await file.sync();
      if (isFirst) await syncFolders(this.#storage, this.#folder);
      else await this.#storage.syncFolder(this.#folder);
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#active = file;
    this.#files.push({ path, firstSequence, end: FILE_HEADER_BYTES });
  }
}

/** A fully covered last file smaller than this stays: reading it again costs less than making a new one. */
const COVERED_BYTES_MAX = 1 << 20;

async function* readFile(file: LogFile, handle: File, from: number) {
  // Only what is durable now: a group in flight may still fail.
  const window = new FileWindow(handle, file.end);
  let position = FILE_HEADER_BYTES;
  let sequence = file.firstSequence;
  while (position < window.end) {
    const found = await recordAt(window, position, sequence, sequence >= from);
    if (found === null) throw damaged(file.path, position, `record ${sequence} is not readable`);
    if (sequence >= from) yield { sequence, record: new Uint8Array(found.record) };
    position = found.next;
    sequence++;
  }
}

function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error);
  // Who does not wait for durability may ignore the promise; that must not end the process.
  promise.catch(() => {});
  return promise;
}

assert(
  RECORD_HEADER_BYTES % 8 === 0 && FILE_HEADER_BYTES % 8 === 0,
  'headers keep payloads aligned to 8 bytes',
);
