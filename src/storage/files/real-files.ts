import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import * as nodePath from 'node:path';
import type { File, Files } from './files.ts';
import { lockFolder } from './folder-lock.ts';
import { normalisePath, parentOf } from './paths.ts';

/** The operating system's files below one folder. */
export class RealFiles implements Files {
  readonly #root: string;

  /** `root` is made when it is first needed. */
  constructor(root: string) {
    this.#root = nodePath.resolve(root);
  }

  async open(path: string, options: { create?: boolean } = {}): Promise<File> {
    const name = normalisePath(path);
    if (options.create !== true) return new RealFile(await fs.open(this.realPath(name), constants.O_RDWR));
    await this.makeFolder(parentOf(name));
    return new RealFile(await fs.open(this.realPath(name), constants.O_RDWR | constants.O_CREAT, 0o644));
  }

  async read(path: string): Promise<Buffer> {
    return fs.readFile(this.realPath(path));
  }

  async replace(path: string, content: Uint8Array): Promise<void> {
    const name = normalisePath(path);
    const temporary = `${name}.tmp`;
    await this.remove(temporary);
    const file = await this.open(temporary, { create: true });
    try {
      await file.write(content, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await this.rename(temporary, name);
    await this.syncFolder(parentOf(name));
  }

  async list(folder: string): Promise<string[]> {
    try {
      return (await fs.readdir(this.realPath(folder))).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  async exists(path: string): Promise<boolean> {
    try {
      await fs.stat(this.realPath(path));
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      throw error;
    }
  }

  async makeFolder(path: string): Promise<void> {
    await fs.mkdir(this.realPath(path), { recursive: true });
  }

  async remove(path: string): Promise<void> {
    await fs.rm(this.realPath(path), { recursive: true, force: true });
  }

  async rename(from: string, to: string): Promise<void> {
    await fs.rename(this.realPath(from), this.realPath(to));
  }

  async syncFolder(path: string): Promise<void> {
    // Windows cannot open a folder for syncing; NTFS journals names itself.
    if (process.platform === 'win32') return;
    const handle = await fs.open(this.realPath(path), constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  async lock(folder: string): Promise<{ release(): Promise<void> }> {
    await this.makeFolder(folder);
    return lockFolder(this.realPath(folder));
  }

  realPath(path: string): string {
    return nodePath.join(this.#root, normalisePath(path));
  }
}

/** Node takes less than 2 GiB at a time. */
const WRITE_BYTES_MAX = 2 ** 30;

class RealFile implements File {
  readonly #handle: fs.FileHandle;

  constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(into, 0, into.length, position);
    return bytesRead;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const length = Math.min(bytes.length - done, WRITE_BYTES_MAX);
      const { bytesWritten } = await this.#handle.write(bytes, done, length, position + done);
      done += bytesWritten;
    }
  }

  async truncate(length: number): Promise<void> {
    await this.#handle.truncate(length);
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size;
  }

  /** fdatasync: the content and the length, not the times. */
  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
