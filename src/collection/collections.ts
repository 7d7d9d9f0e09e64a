import type { CollectionConfig } from '../model/collection-config.ts';
import { notFound, SextantError } from '../model/errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { ShardReplica } from '../shard/shard-replica.ts';
import { Mutex } from '../shared/mutex.ts';
import type { Files } from '../storage/files/files.ts';
import { Collection } from './collection.ts';
import { decodeCollection, encodeCollection } from './stored-config.ts';

export interface CollectionsOptions {
  files: Files;
  logger: Logger;
  openShard(folder: string, config: CollectionConfig): Promise<ShardReplica>;
}

const ROOT = 'collections';
/** Where a dropped collection's files wait for their removal. */
const TRASH = 'trash';
/** Collections opened at the same time at start. */
const OPENING_MAX = 16;

/**
 * All collections of the node, by name. A collection's folder has a number, never the name, so that any name is safe.
 * One that cannot be opened stays listed and answers with its failure; the others serve.
 */
export class Collections {
  readonly #options: CollectionsOptions;
  readonly #byName = new Map<string, { folder: string; opened: Promise<Collection> }>();
  readonly #turn = new Mutex();
  #nextFolder = 1;
  #opening = 0;

  constructor(options: CollectionsOptions) {
    this.#options = options;
  }

  /** True when no collection is being opened. */
  get ready(): boolean {
    return this.#opening === 0;
  }

  names(): string[] {
    return [...this.#byName.keys()];
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** Waits until it is open. Rejects with `notFound`, or `unavailable` when it could not be opened. */
  async get(name: string): Promise<Collection> {
    const entry = this.#byName.get(name);
    if (entry === undefined) throw notFound(`Collection \`${name}\` doesn't exist!`);
    return entry.opened;
  }

  /** Lists what the folder holds and begins to open it; resolves when every name is known, `opened` when all are open or failed. */
  async load(): Promise<{ opened: Promise<void> }> {
    const { files } = this.#options;
    await files.remove(TRASH);
    const waiting: (() => Promise<void>)[] = [];
    for (const folder of await files.list(ROOT)) {
      this.#nextFolder = Math.max(this.#nextFolder, Number(folder) + 1);
      const begin = await this.#register(`${ROOT}/${folder}`);
      if (begin !== null) waiting.push(begin);
    }
    this.#opening = waiting.length;
    const worker = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        await next();
        this.#opening--;
      }
    };
    const workers = Array.from({ length: OPENING_MAX }, worker);
    return { opened: Promise.all(workers).then(() => {}) };
  }

  create(name: string, config: CollectionConfig): Promise<Collection> {
    return this.#turn.run(async () => {
      if (this.has(name)) throw new SextantError('alreadyExists', `Collection \`${name}\` already exists!`);
      const { files, openShard } = this.#options;
      const folder = `${ROOT}/${String(this.#nextFolder++).padStart(8, '0')}`;
      await files.makeFolder(folder);
      const shard = await openShard(`${folder}/shards/0`, config);
      await files.replace(`${folder}/collection.json`, encodeCollection(name, config));
      await files.syncFolder(ROOT);
      const collection = new Collection({ name, folder, config, files, shard });
      this.#byName.set(name, { folder, opened: Promise.resolve(collection) });
      return collection;
    });
  }

  /** False when there is none. Its points are gone for good when this resolves, its disk space soon after. */
  delete(name: string): Promise<boolean> {
    return this.#turn.run(async () => {
      const entry = this.#byName.get(name);
      if (entry === undefined) return false;
      const { files, logger } = this.#options;
      this.#byName.delete(name);
      await entry.opened
        .then((collection) => collection.shard.discard())
        .catch((error: unknown) => {
          logger.warn('a dropped collection did not close cleanly', { error, collection: name });
        });
      await files.makeFolder(TRASH);
      const trash = `${TRASH}/${entry.folder.slice(ROOT.length + 1)}`;
      await files.rename(entry.folder, trash);
      await files.syncFolder(ROOT);
      await files.remove(trash);
      return true;
    });
  }

  /** Closes all; a failure to close one is logged and does not stop the others. */
  async close(): Promise<void> {
    for (const [name, { opened }] of this.#byName) {
      await opened
        .then((collection) => collection.shard.close())
        .catch((error: unknown) => {
          this.#options.logger.error('closing a collection failed; its log holds everything', {
            error,
            collection: name,
          });
        });
    }
    this.#byName.clear();
  }

  /** Reads the collection's file; returns what opens it, or null when there is nothing (a creation that a crash cut short). */
  async #register(folder: string): Promise<(() => Promise<void>) | null> {
    const { files, logger, openShard } = this.#options;
    const path = `${folder}/collection.json`;
    if (!(await files.exists(path))) {
      await files.remove(folder);
      return null;
    }
    const bytes = await files.read(path);
    let stored: { name: string; config: CollectionConfig };
    try {
      stored = decodeCollection(path, bytes);
    } catch (error) {
      logger.error('a collection whose file is damaged is left out; its data stays on disk', { error, path });
      return null;
    }
    const { name, config } = stored;
    let settle!: (collection: Collection | Promise<Collection>) => void;
    const opened = new Promise<Collection>((resolve) => {
      settle = resolve;
    });
    this.#byName.set(name, { folder, opened });
    return async () => {
      const opening = openShard(`${folder}/shards/0`, config).then(
        (shard) => new Collection({ name, folder, config, files, shard }),
      );
      settle(opening);
      await opening.catch((error: unknown) =>
        logger.error('the collection cannot be opened', { error, collection: name }),
      );
    };
  }
}
