import type { ArenaName, ArenaStore } from '../engine/engine.ts';
import type { File, Files } from '../storage/files/files.ts';

/** Arenas as plain files `<path>.<arena>`, for engines that cannot map them. Opens a file on its first write. */
export class FileArenas implements ArenaStore {
  readonly #files: Files;
  readonly #path: string;
  readonly #open = new Map<ArenaName, File>();

  constructor(files: Files, path: string) {
    this.#files = files;
    this.#path = path;
  }

  async read(name: ArenaName): Promise<Uint8Array> {
    const path = `${this.#path}.${name}`;
    return (await this.#files.exists(path)) ? this.#files.read(path) : new Uint8Array(0);
  }

  async write(name: ArenaName, offset: number, bytes: Uint8Array): Promise<void> {
    let file = this.#open.get(name);
    if (file === undefined) {
      const path = `${this.#path}.${name}`;
      const isNew = !(await this.#files.exists(path));
      file = await this.#files.open(path, { create: true });
      if (isNew) await this.#files.syncFolder(path.slice(0, path.lastIndexOf('/')));
      this.#open.set(name, file);
    }
    await file.write(bytes, offset);
  }

  async sync(): Promise<void> {
    for (const file of this.#open.values()) await file.sync();
  }

  async close(): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }
}
