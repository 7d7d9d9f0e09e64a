import type { File } from './files.ts';
import { fileError } from './paths.ts';

/** Growing bytes of one file. */
export class MemoryContent {
  #bytes: Uint8Array;
  #length: number;

  constructor(initial: Uint8Array = new Uint8Array(0)) {
    this.#bytes = new Uint8Array(initial);
    this.#length = initial.length;
  }

  get length(): number {
    return this.#length;
  }

  /** A view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.length === 0) return;
    const end = position + bytes.length;
    if (end > this.#bytes.length) this.#reserve(end);
    this.#bytes.set(bytes, position);
    this.#length = Math.max(this.#length, end);
  }

  truncate(length: number): void {
    if (length > this.#bytes.length) this.#reserve(length);
    if (length < this.#length) this.#bytes.fill(0, length, this.#length);
    this.#length = length;
  }

  #reserve(length: number): void {
    const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2, 256));
    grown.set(this.view());
    this.#bytes = grown;
  }
}

/** One change, told just before it is made. `content` tells files apart that had the same name one after the other. */
export type FileEvent =
  | { kind: 'create'; path: string; content: MemoryContent }
  | { kind: 'makeFolder'; path: string }
  | { kind: 'write'; content: MemoryContent; position: number; bytes: Uint8Array }
  | { kind: 'truncate'; content: MemoryContent; length: number }
  | { kind: 'sync'; content: MemoryContent }
  | { kind: 'rename'; from: string; to: string }
  | { kind: 'remove'; path: string }
  | { kind: 'syncFolder'; path: string };

export interface Reads {
  before: () => void;
  max: () => number;
}

export class MemoryFile implements File {
  readonly #path: string;
  readonly #content: MemoryContent;
  readonly #before: (event: FileEvent) => void;
  readonly #reads: Reads;
  #open = true;

  constructor(path: string, content: MemoryContent, before: (event: FileEvent) => void, reads: Reads) {
    this.#path = path;
    this.#content = content;
    this.#before = before;
    this.#reads = reads;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#check();
    this.#reads.before();
    const most = Math.min(into.length, this.#reads.max());
    const bytes = this.#content.view().subarray(position, position + most);
    into.set(bytes);
    return bytes.length;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    this.#check();
    this.#before({ kind: 'write', content: this.#content, position, bytes });
    this.#content.write(bytes, position);
  }

  async truncate(length: number): Promise<void> {
    this.#check();
    this.#before({ kind: 'truncate', content: this.#content, length });
    this.#content.truncate(length);
  }

  async size(): Promise<number> {
    this.#check();
    return this.#content.length;
  }

  async sync(): Promise<void> {
    this.#check();
    this.#before({ kind: 'sync', content: this.#content });
  }

  async close(): Promise<void> {
    this.#open = false;
  }

  #check(): void {
    if (!this.#open) throw fileError('EBADF', 'the file is closed', this.#path);
  }
}
