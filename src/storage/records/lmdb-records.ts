import { statfs } from 'node:fs/promises';
import { open, type RootDatabase } from 'lmdb';
import { SextantError } from '../../model/errors.ts';
import type { Files } from '../files/files.ts';
import { fileError, joinPath, syncFolders } from '../files/paths.ts';
import { judgeLmdbHeader, LMDB_HEADER_BYTES } from './lmdb-header.ts';
import { checkKey, checkOpen, checkValue, type Records } from './records.ts';

type Database = RootDatabase<Uint8Array, Uint8Array>;
type Change = readonly [key: Uint8Array, value: Uint8Array | null];

/** Name of the file that LMDB keeps in the folder, beside its lock file. */
const DATA_FILE = 'data.mdb';
/** The number of the system's input/output error, as lmdb gives it. */
const EIO = 5;
/** With less free than this and twice the commit, a short write is put down to a full disk. */
const FREE_BYTES_MIN = 1 << 20;

/**
 * Records in an LMDB environment of their own, opened by the first read or commit: a shard that is never touched costs
 * no map, no file and no reader slot.
 *
 * Durability: `overlappingSync` is off, so the write thread's commit includes the fdatasync and the promise of a batch resolves after it.
 * (With its default of on, lmdb resolves when readers can see the data, before it is on disk.)
 */
export class LmdbRecords implements Records {
  readonly #files: Files;
  readonly #folder: string;
  readonly #realFolder: string;
  #exists: boolean;
  #database: Database | null = null;
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  private constructor(files: Files, folder: string, realFolder: string, exists: boolean) {
    this.#files = files;
    this.#folder = folder;
    this.#realFolder = realFolder;
    this.#exists = exists;
  }

  /** Checks the file's header when there is a file; opens nothing yet. */
  static async open(files: Files, folder: string, realFolder: string): Promise<LmdbRecords> {
    const path = joinPath(folder, DATA_FILE);
    const exists = (await files.exists(path)) && (await prepare(files, path));
    return new LmdbRecords(files, folder, realFolder, exists);
  }

  get(key: Uint8Array): Uint8Array | undefined {
    checkKey(key);
    const database = this.#reader();
    if (database === null) return undefined;
    try {
      return plain(database.getBinary(key));
    } catch (error) {
      throw this.#failed('read', error);
    }
  }

  *range(options: {
    from: Uint8Array;
    to: Uint8Array;
    limit?: number;
    reverse?: boolean;
  }): Iterable<{ key: Uint8Array; value: Uint8Array }> {
    const { from, to, limit = Number.MAX_SAFE_INTEGER, reverse = false } = options;
    const database = this.#reader();
    if (database === null || limit <= 0 || Buffer.compare(from, to) >= 0) return;
    const bounds = reverse
      ? { start: to, end: from, reverse: true, exclusiveStart: true, inclusiveEnd: true }
      : { start: from, end: to };
    let count = 0;
    try {
      for (const { key, value } of database.getRange(bounds)) {
        yield { key: plain(key)!, value: plain(value)! };
        if (++count >= limit) return;
      }
    } catch (error) {
      throw error instanceof SextantError ? error : this.#failed('read', error);
    }
  }

  commit(changes: Iterable<Change>): Promise<void> {
    const done = this.#last.then(() => this.#commit(changes));
    this.#last = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    await this.#database?.close();
    this.#database = null;
  }

  async #commit(changes: Iterable<Change>): Promise<void> {
    checkOpen(!this.#closed);
    const isNew = !this.#exists;
    const database = this.#open();
    // lmdb reads the values' memory from its own thread until the promise settles: `changes` keeps them alive.
    const checked = Array.isArray(changes) ? (changes as readonly Change[]) : [...changes];
    for (const [key, value] of checked) {
      checkKey(key);
      if (value !== null) checkValue(value);
    }
    try {
      await database.batch(() => {
        for (const [key, value] of checked) {
          if (value === null) void database.remove(key);
          else void database.put(key, value);
        }
      });
    } catch (error) {
      throw this.#failed('written', await this.#commitCause(error, checked));
    }
    if (isNew) await syncFolders(this.#files, this.#folder);
  }

  #reader(): Database | null {
    checkOpen(!this.#closed);
    return this.#exists ? this.#open() : null;
  }

  #open(): Database {
    if (this.#database !== null) return this.#database;
    try {
      this.#database = open<Uint8Array, Uint8Array>({
        path: this.#realFolder,
        keyEncoding: 'binary',
        encoding: 'binary',
        compression: false,
        noSubdir: false,
        overlappingSync: false,
        // Else a failed commit also rejects a promise of the event turn, which nobody holds: the process would end.
        eventTurnBatching: false,
        noMemInit: true,
        maxDbs: 1,
      });
    } catch (error) {
      throw this.#failed('opened', error);
    }
    this.#exists = true;
    return this.#database;
  }

  /**
   * lmdb's "Commit failed" carries a promise that rejects with the reason. On a full disk the reason is EIO, since LMDB sees
   * only that a write came out too short; that is put right here, as a full disk passes.
   */
  async #commitCause(error: unknown, changes: readonly Change[]): Promise<unknown> {
    const reason = (error as { commitError?: Promise<unknown> }).commitError;
    const cause = await (reason ?? Promise.reject(error)).then(
      () => error,
      (found: unknown) => found,
    );
    let needed = FREE_BYTES_MIN;
    for (const [key, value] of changes) needed += 2 * (key.length + (value?.length ?? 0));
    const disk = await statfs(this.#realFolder);
    if ((cause as { code?: unknown }).code !== EIO || disk.bavail * disk.bsize >= needed) return cause;
    return fileError('ENOSPC', 'no space left on device', joinPath(this.#folder, DATA_FILE));
  }

  #failed(what: string, cause: unknown): SextantError {
    const path = joinPath(this.#folder, DATA_FILE);
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SextantError('unavailable', `the records file ${path} could not be ${what}: ${reason}`, {
      cause,
    });
  }
}

/** Makes the file safe to map, or removes one that holds nothing; false when it is gone. */
async function prepare(files: Files, path: string): Promise<boolean> {
  const file = await files.open(path);
  try {
    const header = Buffer.alloc(LMDB_HEADER_BYTES);
    const length = await file.read(header, 0);
    const size = await file.size();
    const verdict = judgeLmdbHeader(header.subarray(0, length), size);
    if (verdict.kind === 'damaged') {
      throw new SextantError('unavailable', `the records file ${path} is damaged: ${verdict.fault}`);
    }
    if (verdict.kind === 'sound') {
      // Should a page be missing after all, LMDB finds zeros and throws, where the end of the file would kill the process.
      if (size < verdict.bytes) await file.truncate(verdict.bytes);
      return true;
    }
  } finally {
    await file.close();
  }
  await files.remove(path);
  return false;
}

/** Without what lmdb attaches to its buffers. The bytes are already a copy. */
function plain(bytes: Uint8Array | undefined): Uint8Array | undefined {
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
