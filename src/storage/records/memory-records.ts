import { SextantError } from '../../model/errors.ts';
import type { File, Files } from '../files/files.ts';
import { joinPath, syncFolders } from '../files/paths.ts';
import { batchAt, encodeBatch, encodeHeader, HEADER_BYTES, headerFault } from './batch-format.ts';
import { checkKey, checkOpen, checkValue, type Records } from './records.ts';

const FILE = 'records.log';
/** Below this the file is never rewritten. */
const COMPACT_BYTES_MIN = 1 << 20;

type Change = readonly [key: Uint8Array, value: Uint8Array | null];

/**
 * All records in memory, each commit one checksummed batch at the end of a file: for tests that crash between any two
 * writes, and for a library that keeps nothing. Not for large data: opening reads the whole file.
 */
export class MemoryRecords implements Records {
  readonly #files: Files;
  readonly #folder: string;
  /** By the key as latin1 text, whose order is the order of the bytes. */
  readonly #values = new Map<string, Uint8Array>();
  #sorted: string[] | null = null;
  #liveBytes = 0;
  #file: File | null = null;
  #end = 0;
  #number = 0;
  #last: Promise<void> = Promise.resolve();
  #failure: SextantError | null = null;
  #closed = false;

  private constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  static async open(files: Files, folder: string): Promise<MemoryRecords> {
    const records = new MemoryRecords(files, folder);
    if (await files.exists(records.#path)) await records.#recover();
    return records;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    checkOpen(!this.#closed);
    checkKey(key);
    return this.#values.get(textOf(key))?.slice();
  }

  *range(options: {
    from: Uint8Array;
    to: Uint8Array;
    limit?: number;
    reverse?: boolean;
  }): Iterable<{ key: Uint8Array; value: Uint8Array }> {
    checkOpen(!this.#closed);
    this.#sorted ??= [...this.#values.keys()].sort();
    const sorted = this.#sorted;
    const low = lowerBound(sorted, textOf(options.from));
    const high = lowerBound(sorted, textOf(options.to));
    const count = Math.min(high - low, options.limit ?? Number.MAX_SAFE_INTEGER);
    // A snapshot, as an LMDB cursor has one.
    const values = new Map<string, Uint8Array>();
    const keys: string[] = [];
    for (let i = 0; i < count; i++) {
      const key = sorted[options.reverse === true ? high - 1 - i : low + i]!;
      keys.push(key);
      values.set(key, this.#values.get(key)!);
    }
    for (const key of keys) yield { key: bytesOf(key), value: values.get(key)!.slice() };
  }

  commit(changes: Iterable<Change>): Promise<void> {
    const done = this.#last.then(() => this.#commit([...changes]));
    this.#last = done.catch(() => {});
    return done;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  get #path(): string {
    return joinPath(this.#folder, FILE);
  }

  async #commit(changes: readonly Change[]): Promise<void> {
    checkOpen(!this.#closed);
    if (this.#failure !== null) throw this.#failure;
    for (const [key, value] of changes) {
      checkKey(key);
      if (value !== null) checkValue(value);
    }
    try {
      this.#file ??= await this.#openFile();
      const batch = encodeBatch(this.#number + 1, changes);
      await this.#file.write(batch, this.#end);
      await this.#file.sync();
      this.#end += batch.length;
      this.#number++;
      this.#apply(changes);
      if (this.#end > COMPACT_BYTES_MIN && this.#end > 2 * this.#liveBytes) await this.#compact();
    } catch (error) {
      this.#failure ??= new SextantError(
        'unavailable',
        `the records file ${this.#path} could not be written; it takes no more changes until it is opened again`,
        { cause: error },
      );
      throw this.#failure;
    }
  }

  async #openFile(): Promise<File> {
    if (this.#end > 0) return this.#files.open(this.#path);
    const file = await this.#files.open(this.#path, { create: true });
    await file.truncate(0);
    await file.write(encodeHeader(), 0);
    await file.sync();
    await syncFolders(this.#files, this.#folder);
    this.#end = HEADER_BYTES;
    return file;
  }

  async #compact(): Promise<void> {
    const all = [...this.#values].map(([key, value]): Change => [bytesOf(key), value]);
    const image = Buffer.concat([encodeHeader(), encodeBatch(this.#number, all)]);
    await this.#file?.close();
    this.#file = null;
    await this.#files.replace(this.#path, image);
    this.#end = image.length;
  }

  async #recover(): Promise<void> {
    const content = await this.#files.read(this.#path);
    // The first batch is written after the header was synced: a file no longer than the header has never held any.
    const fault = headerFault(content);
    if (fault !== null) {
      if (content.length > HEADER_BYTES) throw this.#damaged(0, fault);
      return;
    }
    let at = HEADER_BYTES;
    for (;;) {
      const batch = batchAt(content, at);
      if (batch === null || (this.#number > 0 && batch.number !== this.#number + 1)) break;
      this.#apply(batch.changes);
      this.#number = batch.number;
      at = batch.next;
    }
    // Each batch is synced before the next is written: a readable one behind a bad one means damage.
    for (let later = at + 1; later < content.length; later++) {
      const batch = batchAt(content, later);
      if (batch !== null && batch.number > this.#number + 1)
        throw this.#damaged(at, 'a batch is not readable');
    }
    const file = await this.#files.open(this.#path);
    try {
      await file.truncate(at);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#end = at;
  }

  #apply(changes: readonly Change[]): void {
    for (const [key, value] of changes) {
      const text = textOf(key);
      const before = this.#values.get(text);
      if (before !== undefined) this.#liveBytes -= text.length + before.length;
      if (value === null) this.#values.delete(text);
      else {
        this.#values.set(text, new Uint8Array(value));
        this.#liveBytes += text.length + value.length;
      }
      if ((before === undefined) !== (value === null)) this.#sorted = null;
    }
  }

  #damaged(offset: number, what: string): SextantError {
    return new SextantError(
      'unavailable',
      `the records file ${this.#path} is damaged at byte ${offset}: ${what}`,
    );
  }
}

const textOf = (key: Uint8Array): string =>
  Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

/** Index of the first text that is not below `wanted`. */
function lowerBound(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
