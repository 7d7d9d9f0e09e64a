import type { CollectionConfig } from '../model/collection-config.ts';
import { notFound, SextantError } from '../model/errors.ts';
import type { Logger } from '../observability/logger.ts';
import type { ShardReplica } from '../shard/shard-replica.ts';
import { Mutex } from '../shared/mutex.ts';
import type { Files } from '../storage/files/files.ts';
import { syncFolders } from '../storage/files/paths.ts';
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
/** Collections opened or closed at the same time. */
const PARALLEL_MAX = 16;
const FOLDER_NAME = /^\d{8,15}$/;

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
  #closed = false;

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
      if (!FOLDER_NAME.test(folder)) continue;
      this.#nextFolder = Math.max(this.#nextFolder, Number(folder) + 1);
      const begin = await this.#register(`${ROOT}/${folder}`);
      if (begin !== null) waiting.push(begin);
    }
    this.#opening = waiting.length;
    const opened = inParallel(waiting, async (begin) => {
      await begin();
      this.#opening--;
    });
    return { opened };
  }

  create(name: string, config: CollectionConfig): Promise<Collection> {
    return this.#turn.run(async () => {
      if (this.has(name)) throw new SextantError('alreadyExists', `Collection \`${name}\` already exists!`);
      this.#refuseWhenClosed();
      const { files, logger } = this.#options;
      const folder = `${ROOT}/${String(this.#nextFolder++).padStart(8, '0')}`;
      try {
        const collection = await this.#make(folder, name, config);
        this.#byName.set(name, { folder, opened: Promise.resolve(collection) });
        return collection;
      } catch (error) {
        await files.remove(folder).catch((cause: unknown) => {
          logger.warn('a collection that could not be created left files', { error: cause, folder });
        });
        throw error;
      }
    });
  }

  /** The file with the name comes last: what has none is no collection. */
  async #make(folder: string, name: string, config: CollectionConfig): Promise<Collection> {
    const { files, openShard } = this.#options;
    await files.makeFolder(folder);
    const shard = await openShard(`${folder}/shards/0`, config);
    try {
      await files.replace(`${folder}/collection.json`, encodeCollection(name, config));
      await syncFolders(files, ROOT);
      return new Collection({ name, folder, config, files, shard });
    } catch (error) {
      await shard.discard();
      throw error;
    }
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
      const trash = `${TRASH}/${entry.folder.slice(ROOT.length + 1)}`;
      try {
        await this.#moveAway(entry.folder, trash);
      } catch (cause) {
        const message = `Collection \`${name}\` could not be deleted`;
        this.#keepFailed(name, entry.folder, new SextantError('unavailable', message, { cause }));
      }
      await files.remove(trash).catch((error: unknown) => {
        logger.warn('files of a dropped collection stay until the next start', { error, trash });
      });
      return true;
    });
  }

  async #moveAway(folder: string, trash: string): Promise<void> {
    const { files } = this.#options;
    await files.makeFolder(TRASH);
    // It may have been moved by an earlier attempt whose sync failed.
    if (await files.exists(folder)) await files.rename(folder, trash);
    await files.syncFolder(TRASH);
    await files.syncFolder(ROOT);
  }

  /** Throws `failure`; the collection stays listed and answers with it. */
  #keepFailed(name: string, folder: string, failure: SextantError): never {
    const opened = Promise.reject<Collection>(failure);
    opened.catch(() => {});
    this.#byName.set(name, { folder, opened });
    throw failure;
  }

  /** Closes all; a failure to close one is logged and does not stop the others. */
  close(): Promise<void> {
    this.#closed = true;
    return this.#turn.run(async () => {
      await inParallel([...this.#byName], async ([name, { opened }]) => {
        const collection = await opened.catch(() => null);
        await collection?.shard.close().catch((error: unknown) => {
          const message = 'closing a collection failed; its log holds everything';
          this.#options.logger.error(message, { error, collection: name });
        });
      });
      this.#byName.clear();
    });
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new SextantError('unavailable', 'the server is stopping');
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
    const other = this.#byName.get(name);
    if (other !== undefined) {
      logger.error('two collections have one name; the one that was created last is used', {
        collection: name,
        used: folder,
        unused: other.folder,
      });
    }
    let settle!: (collection: Collection | Promise<Collection>) => void;
    const opened = new Promise<Collection>((resolve) => {
      settle = resolve;
    });
    // Perhaps nobody ever asks for a collection that cannot be opened.
    opened.catch(() => {});
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

async function inParallel<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await task(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_MAX }, worker));
}
