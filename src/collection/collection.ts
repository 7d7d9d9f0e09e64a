import type { CollectionConfig } from '../model/collection-config.ts';
import type { ShardReplica } from '../shard/shard-replica.ts';
import { Mutex } from '../shared/mutex.ts';
import type { Files } from '../storage/files/files.ts';
import { encodeCollection } from './stored-config.ts';

/** A named set of points with one schema. Holds its shard replicas; one shard until sharding is built. */
export class Collection {
  readonly name: string;
  readonly folder: string;
  readonly shard: ShardReplica;
  readonly #files: Files;
  readonly #turn = new Mutex();
  #config: CollectionConfig;

  constructor(options: {
    name: string;
    folder: string;
    config: CollectionConfig;
    files: Files;
    shard: ShardReplica;
  }) {
    this.name = options.name;
    this.folder = options.folder;
    this.shard = options.shard;
    this.#files = options.files;
    this.#config = options.config;
  }

  get config(): CollectionConfig {
    return this.#config;
  }

  /** Stores changed parameters, then puts them to work; one change after the other. */
  configure(change: (config: CollectionConfig) => CollectionConfig): Promise<void> {
    return this.#turn.run(async () => {
      const config = change(this.#config);
      await this.#files.replace(`${this.folder}/collection.json`, encodeCollection(this.name, config));
      this.#config = config;
      await this.shard.configure(config);
    });
  }
}
