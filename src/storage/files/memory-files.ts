import type { File, Files } from './files.ts';
import { type FileEvent, MemoryContent, MemoryFile, type Reads } from './memory-file.ts';
import { fileError, normalisePath, parentOf } from './paths.ts';

/** What a disk holds: contents by path, and the folders without the root. */
export interface DiskImage {
  files: ReadonlyMap<string, Uint8Array>;
  folders: ReadonlySet<string>;
}

export interface MemoryFilesOptions {
  /** What is there at the start; copied. */
  image?: DiskImage;
  /** Called before each change; what it throws is what the caller gets, and the change is not made. */
  before?: (event: FileEvent) => void;
  /** Called before each read, as above. */
  beforeRead?: () => void;
  /** Most bytes that one read returns. */
  readMax?: () => number;
}

/** The whole tree in memory: for tests, and for a library that keeps nothing. Everything is durable at once. */
export class MemoryFiles implements Files {
  readonly #files = new Map<string, MemoryContent>();
  readonly #folders = new Set<string>(['']);
  readonly #locks = new Set<string>();
  readonly #before: (event: FileEvent) => void;
  readonly #reads: Reads;

  constructor(options: MemoryFilesOptions = {}) {
    this.#before = options.before ?? (() => {});
    this.#reads = { before: options.beforeRead ?? (() => {}), max: options.readMax ?? (() => Infinity) };
    for (const folder of options.image?.folders ?? []) this.#folders.add(folder);
    for (const [path, bytes] of options.image?.files ?? []) this.#files.set(path, new MemoryContent(bytes));
  }

  /** The contents by path, to tell whose they are; for the fault-injecting version. */
  contents(): ReadonlyMap<string, MemoryContent> {
    return this.#files;
  }

  folders(): ReadonlySet<string> {
    return this.#folders;
  }

  async open(path: string, options: { create?: boolean } = {}): Promise<File> {
    const name = normalisePath(path);
    this.#reads.before();
    if (this.#folders.has(name)) throw fileError('EISDIR', 'illegal operation on a directory', name);
    let content = this.#files.get(name);
    if (content === undefined) {
      if (options.create !== true) throw fileError('ENOENT', 'no such file or directory', name);
      this.#makeFolders(parentOf(name));
      content = new MemoryContent();
      this.#before({ kind: 'create', path: name, content });
      this.#files.set(name, content);
    }
    return new MemoryFile(name, content, this.#before, this.#reads);
  }

  async read(path: string): Promise<Buffer> {
    const name = normalisePath(path);
    this.#reads.before();
    const content = this.#files.get(name);
    if (content === undefined) throw fileError('ENOENT', 'no such file or directory', name);
    return Buffer.from(content.view());
  }

  async replace(path: string, content: Uint8Array): Promise<void> {
    const name = normalisePath(path);
    const temporary = `${name}.tmp`;
    this.#removeName(temporary);
    const file = await this.open(temporary, { create: true });
    await file.write(content, 0);
    await file.sync();
    await file.close();
    await this.rename(temporary, name);
    await this.syncFolder(parentOf(name));
  }

  async list(folder: string): Promise<string[]> {
    const name = normalisePath(folder);
    this.#reads.before();
    const prefix = name === '' ? '' : `${name}/`;
    const names = new Set<string>();
    for (const path of [...this.#files.keys(), ...this.#folders]) {
      if (path === '' || !path.startsWith(prefix) || path === name) continue;
      names.add(path.slice(prefix.length).split('/')[0]!);
    }
    return [...names].sort();
  }

  async exists(path: string): Promise<boolean> {
    const name = normalisePath(path);
    this.#reads.before();
    return this.#files.has(name) || this.#folders.has(name);
  }

  async makeFolder(path: string): Promise<void> {
    this.#makeFolders(normalisePath(path));
  }

  async remove(path: string): Promise<void> {
    const name = normalisePath(path);
    for (const file of [...this.#files.keys()]) {
      if (file === name || file.startsWith(`${name}/`)) this.#removeName(file);
    }
    for (const folder of [...this.#folders].sort().reverse()) {
      if (folder !== '' && (folder === name || folder.startsWith(`${name}/`))) {
        this.#before({ kind: 'remove', path: folder });
        this.#folders.delete(folder);
      }
    }
  }

  async rename(from: string, to: string): Promise<void> {
    const source = normalisePath(from);
    const target = normalisePath(to);
    if (!this.#files.has(source) && !this.#folders.has(source)) {
      throw fileError('ENOENT', 'no such file or directory', source);
    }
    if (!this.#folders.has(parentOf(target))) throw fileError('ENOENT', 'no such file or directory', target);
    this.#before({ kind: 'rename', from: source, to: target });
    renameInTree(this.#files, this.#folders, source, target);
  }

  async syncFolder(path: string): Promise<void> {
    const name = normalisePath(path);
    if (!this.#folders.has(name)) throw fileError('ENOENT', 'no such file or directory', name);
    this.#before({ kind: 'syncFolder', path: name });
  }

  async lock(folder: string): Promise<{ release(): Promise<void> }> {
    const name = normalisePath(folder);
    if (this.#locks.has(name)) throw fileError('ELOCKED', 'the folder is in use by this process', name);
    this.#makeFolders(name);
    this.#locks.add(name);
    let held = true;
    return {
      release: async () => {
        if (held) this.#locks.delete(name);
        held = false;
      },
    };
  }

  realPath(): null {
    return null;
  }

  #makeFolders(name: string): void {
    if (name === '' || this.#folders.has(name)) return;
    if (this.#files.has(name)) throw fileError('ENOTDIR', 'not a directory', name);
    this.#makeFolders(parentOf(name));
    this.#before({ kind: 'makeFolder', path: name });
    this.#folders.add(name);
  }

  #removeName(name: string): void {
    if (!this.#files.has(name)) return;
    this.#before({ kind: 'remove', path: name });
    this.#files.delete(name);
  }
}

/** Moves a file, or a folder with all that is in it, to another name; what had that name is gone. */
export function renameInTree<T>(files: Map<string, T>, folders: Set<string>, from: string, to: string): void {
  if (from === to) return;
  const moved = (path: string): string => to + path.slice(from.length);
  for (const [path, content] of [...files]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    files.delete(path);
    files.set(moved(path), content);
  }
  for (const path of [...folders]) {
    if (path !== from && !path.startsWith(`${from}/`)) continue;
    folders.delete(path);
    folders.add(moved(path));
  }
}
