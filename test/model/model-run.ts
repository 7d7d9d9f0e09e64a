import type { UpdateCollectionRequest } from '../../src/api/requests.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { NO_HNSW_DIFF } from '../../src/model/collection-config.ts';
import { biggerIsBetter, type Distance } from '../../src/model/distance.ts';
import type { PointRecord } from '../../src/model/point.ts';
import type { WriteRequest } from '../../src/model/write.ts';
import { type Logger, silentLogger } from '../../src/observability/logger.ts';
import type { Clock } from '../../src/shared/clock.ts';
import { nextTurn } from '../../src/shared/next-turn.ts';
import type { Random } from '../../src/shared/seeded-random.ts';
import type { Files } from '../../src/storage/files/files.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import {
  context,
  createRequest,
  NO_WAIT,
  openTestNode,
  queryRequest,
  SEARCH_PARAMS,
  TEST_DEFAULTS,
  type TestNode,
  vectorParams,
  WAIT,
} from '../harness/open-test-node.ts';
import { checkHits, expectEqual, expectNotFound } from './model-checks.ts';
import { PlainCollection } from './plain-model.ts';
import {
  below,
  pick,
  randomFilter,
  randomIds,
  randomVector,
  randomWrite,
  type Sizes,
} from './random-writes.ts';

/** Two shapes of collections: one unnamed vector, and three named ones. */
const SHAPES: Readonly<Record<string, ReadonlyMap<string, { size: number; distance: Distance }>>> = {
  plain: new Map([['', { size: 4, distance: 'Dot' }]]),
  named: new Map([
    ['a', { size: 3, distance: 'Cosine' }],
    ['b', { size: 5, distance: 'Euclid' }],
    ['ü', { size: 2, distance: 'Manhattan' }],
  ]),
};
const NAMES = Object.keys(SHAPES);
const FLUSH_SEC = 5;
const TRACE_LINES = 60;

export interface ModelRunOptions {
  random: Random;
  files: Files;
  makeEngine(clock: Clock): Promise<Engine>;
  /** Graph searches of the engine are exact. */
  exactEngine: boolean;
  /** Makes the files crash within the next few events; null when these files cannot. Returns the files after it. */
  crash: ((files: Files, random: Random) => { files(): Files }) | null;
  logger?: Logger;
}

/** A node under random operations beside a plain model of it; any difference throws, with the last operations. */
export class ModelRun {
  readonly #o: ModelRunOptions;
  readonly #random: Random;
  readonly #clock = new ManualClock();
  readonly #trace: string[] = [];
  readonly counts = new Map<string, number>();
  #files: Files;
  #node!: TestNode;
  #model = new Map<string, PlainCollection>();
  #step = 0;

  constructor(options: ModelRunOptions) {
    this.#o = options;
    this.#random = options.random;
    this.#files = options.files;
  }

  async run(steps: number): Promise<void> {
    try {
      await this.#open();
      for (this.#step = 0; this.#step < steps; this.#step++) await this.#next();
      await this.#restart();
      await this.#close();
    } catch (error) {
      const trace = this.#trace.slice(-TRACE_LINES).join('\n');
      throw new Error(`step ${this.#step}: ${(error as Error).message}\n${trace}`, { cause: error });
    }
  }

  async #next(): Promise<void> {
    const name = pick(this.#random, NAMES);
    const choice = this.#random();
    const collection = this.#model.get(name);
    if (collection === undefined) return this.#create(name);
    if (choice < 0.4) return this.#write(name, collection);
    if (choice < 0.45) return this.#writeAtOnce(name, collection);
    if (choice < 0.65) return this.#query(name, collection);
    if (choice < 0.75) return this.#scroll(name, collection);
    if (choice < 0.82) return this.#count(name, collection);
    if (choice < 0.89) return this.#retrieve(name, collection);
    if (choice < 0.92) return this.#info(name, collection);
    if (choice < 0.935) return this.#configure(name);
    if (choice < 0.938) return this.#drop(name);
    if (choice < 0.985) return this.#passTime();
    if (choice < 0.99) return this.#restart();
    return this.#o.crash === null ? this.#restart() : this.#crash(name, collection);
  }

  /** Notes what is about to be done, for the trace and the figures. */
  #note(kind: string, detail: unknown = ''): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    const text = JSON.stringify(detail, (_key, value: unknown) => {
      if (value instanceof Set || value instanceof Map) return [...value];
      if (typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer') {
        return Buffer.from((value as unknown as { data: number[] }).data).toString();
      }
      if (value instanceof Float32Array) return Array.from(value, (x) => Number(x.toFixed(3)));
      return typeof value === 'bigint' ? `${value}n` : value;
    });
    this.#trace.push(`${this.#step} ${kind} ${text.slice(0, 600)}`);
    if (this.#trace.length > 2 * TRACE_LINES) this.#trace.splice(0, TRACE_LINES);
  }

  async #open(): Promise<void> {
    const engine = await this.#o.makeEngine(this.#clock);
    this.#node = await openTestNode({
      files: this.#files,
      engine,
      clock: this.#clock,
      logger: this.#o.logger ?? silentLogger,
      defaults: {
        optimizers: { ...TEST_DEFAULTS.optimizers, flush_interval_sec: FLUSH_SEC, max_segment_size: 1 },
      },
    });
  }

  async #close(): Promise<void> {
    await this.#node.close();
    await this.#node.engine.close();
    if (this.#clock.pending > 0) throw new Error('a timer was left behind');
  }

  #context() {
    return context(this.#clock);
  }

  async #create(name: string): Promise<void> {
    this.#note('create', name);
    await this.#node.coordinator.createCollection(this.#context(), name, this.#request(name));
    this.#model.set(name, emptyModel(name));
  }

  #request(name: string) {
    const fields = [...SHAPES[name]!].map(([field, { size, distance }]) => [
      field,
      vectorParams(size, { distance }),
    ]);
    return createRequest(Object.fromEntries(fields));
  }

  async #drop(name: string): Promise<void> {
    this.#note('drop', name);
    const dropped = await this.#node.coordinator.deleteCollection(this.#context(), name);
    expectEqual(dropped, true, 'dropped');
    this.#model.delete(name);
  }

  #randomRequests(name: string, collection: PlainCollection, count: number): WriteRequest[] {
    const existing = [...collection.points.keys()];
    return Array.from({ length: count }, () => randomWrite(this.#random, sizesOf(name), existing));
  }

  /** Each a write of its own. */
  #separateRequests(name: string, collection: PlainCollection, count: number): WriteRequest[][] {
    return this.#randomRequests(name, collection, count).map((request) => [request]);
  }

  async #write(name: string, collection: PlainCollection): Promise<void> {
    const count = this.#random() < 0.85 ? 1 : 2 + below(this.#random, 3);
    const requests = this.#randomRequests(name, collection, count);
    this.#note('write', [name, requests]);
    const options = this.#random() < 0.7 ? WAIT : NO_WAIT;
    const fits = requests.every((request) => collection.write(request));
    const written = this.#node.coordinator.write(this.#context(), name, requests, options);
    if (fits) expectEqual((await written).length, requests.length, 'results');
    else await expectNotFound(written);
  }

  /** Several writes without waiting for each other take effect in the order of the calls. */
  async #writeAtOnce(name: string, collection: PlainCollection): Promise<void> {
    const all = this.#separateRequests(name, collection, 2 + below(this.#random, 5));
    this.#note('write at once', [name, all]);
    const fits = all.map((requests) => requests.every((request) => collection.write(request)));
    const written = all.map((requests) =>
      this.#node.coordinator.write(this.#context(), name, requests, NO_WAIT),
    );
    await Promise.all(written.map((result, i) => (fits[i] ? result : expectNotFound(result))));
  }

  async #query(name: string, collection: PlainCollection): Promise<void> {
    const random = this.#random;
    const [using, { size }] = pick(random, [...SHAPES[name]!]);
    const filter = random() < 0.5 ? null : randomFilter(random);
    const vector = randomVector(random, size);
    const exact = random() < 0.3;
    const limit = 1 + below(random, 20);
    const offset = random() < 0.2 ? below(random, 10) : 0;
    this.#note('query', { name, using, filter, vector, exact, limit, offset });
    const params = { ...SEARCH_PARAMS, exact };
    const request = queryRequest({
      query: { vector },
      using,
      filter,
      params,
      limit,
      offset,
      withVector: true,
    });
    const [hits] = await this.#node.coordinator.query(this.#context(), name, [request]);
    const ids = collection.ids(filter).filter((id) => collection.points.get(id)!.vectors.has(using));
    const order = biggerIsBetter(collection.fields.get(using)!) ? -1 : 1;
    const scores = ids.map((id) => collection.score(id, using, vector)).sort((a, b) => order * (a - b));
    checkHits(collection, { using, vector, filter }, hits!, {
      scores: scores.slice(offset, offset + limit),
      exact: exact || this.#o.exactEngine,
    });
  }

  async #scroll(name: string, collection: PlainCollection): Promise<void> {
    const filter = this.#random() < 0.5 ? null : randomFilter(this.#random);
    const limit = 1 + below(this.#random, 50);
    this.#note('scroll', { name, filter, limit });
    const found: PointRecord[] = [];
    let offset: PointRecord['id'] | null = null;
    do {
      const request = { offset, limit, filter, withPayload: true, withVector: false };
      const page = await this.#node.coordinator.scroll(this.#context(), name, request);
      found.push(...page.points);
      offset = page.nextPageOffset;
      if (offset !== null) expectEqual(page.points.length, limit, 'points of a page');
    } while (offset !== null);
    expectEqual(found.map(({ id }) => id).join(), collection.ids(filter).join(), 'ids');
    for (const point of found) {
      const problem = collection.pointDifference(point);
      if (problem !== null) throw new Error(problem);
    }
  }

  async #count(name: string, collection: PlainCollection): Promise<void> {
    const filter = this.#random() < 0.2 ? null : randomFilter(this.#random);
    this.#note('count', { name, filter });
    const exact = await this.#node.coordinator.count(this.#context(), name, { filter, exact: true });
    expectEqual(exact, collection.ids(filter).length, 'count');
    const estimated = await this.#node.coordinator.count(this.#context(), name, { filter, exact: false });
    if (estimated < 0 || estimated > collection.points.size) throw new Error(`an estimate of ${estimated}`);
  }

  async #retrieve(name: string, collection: PlainCollection): Promise<void> {
    const ids = randomIds(this.#random, 10);
    this.#note('retrieve', { name, ids });
    const request = { ids, withPayload: true, withVector: true };
    const found = await this.#node.coordinator.retrieve(this.#context(), name, request);
    const expected = [...new Set(ids)].filter((id) => collection.points.has(id));
    expectEqual(found.map(({ id }) => id).join(), expected.join(), 'ids');
    for (const point of found) {
      const problem = collection.pointDifference(point);
      if (problem !== null) throw new Error(problem);
    }
  }

  async #info(name: string, collection: PlainCollection): Promise<void> {
    this.#note('info', name);
    const info = await this.#node.coordinator.collectionInfo(this.#context(), name);
    expectEqual(info.pointsCount, collection.points.size, 'points');
    expectEqual(
      [...info.payloadSchema.keys()].sort().join(),
      [...collection.indexes].sort().join(),
      'indexes',
    );
    expectEqual(info.optimizerError, null, 'failure');
  }

  async #configure(name: string): Promise<void> {
    const m = pick(this.#random, [0, 4, 8]);
    const change: UpdateCollectionRequest = {
      vectors: null,
      optimizers_config: null,
      params: null,
      hnsw_config: null,
      quantization_config: null,
      metadata: null,
    };
    const quantile = pick(this.#random, [0.9, 0.99]);
    const quantization = { scalar: { type: 'int8', quantile, always_ram: null, memory: null } } as const;
    const choice = this.#random();
    if (choice < 0.5) change.hnsw_config = hnsw(m);
    else if (choice < 0.75) change.metadata = { step: this.#step };
    else change.quantization_config = choice < 0.85 ? 'Disabled' : quantization;
    this.#note('configure', [name, change]);
    await this.#node.coordinator.updateCollection(this.#context(), name, change);
  }

  /** Checkpoints begin, in the middle of what comes next. */
  async #passTime(): Promise<void> {
    this.#note('time');
    this.#clock.advance(FLUSH_SEC * 1000);
    if (this.#random() < 0.5) for (let i = below(this.#random, 20); i > 0; i--) await nextTurn();
  }

  async #restart(): Promise<void> {
    this.#note('restart');
    await this.#close();
    await this.#open();
    expectEqual(await this.#difference(this.#model), null, 'after a restart');
  }

  /** The power goes in the middle of a few writes: afterwards the node is as it was before one of them, or after the last. */
  async #crash(name: string, collection: PlainCollection): Promise<void> {
    const { files } = this.#o.crash!(this.#files, this.#random);
    const all = this.#separateRequests(name, collection, 1 + below(this.#random, 4));
    this.#note('crash', [name, all]);
    const states = [collection.copy()];
    let acknowledged = 0;
    const written = all.map((requests) => {
      const fits = requests.every((request) => {
        const isThere = collection.write(request);
        if (isThere) states.push(collection.copy());
        return isThere;
      });
      const last = states.length - 1;
      const result = this.#node.coordinator.write(this.#context(), name, requests, NO_WAIT);
      return result.then(
        () => {
          expectEqual(fits, true, 'accepted');
          acknowledged = Math.max(acknowledged, last);
        },
        () => {},
      );
    });
    if (this.#random() < 0.5) this.#clock.advance(FLUSH_SEC * 1000);
    await Promise.all(written);
    for (let i = below(this.#random, 10); i > 0; i--) await nextTurn();
    this.#files = files();
    await this.#node.close();
    await this.#open();
    const problems: string[] = [];
    for (const state of states.slice(acknowledged)) {
      const model = new Map(this.#model).set(name, state);
      const problem = await this.#difference(model);
      if (problem === null) {
        this.#model = model;
        return;
      }
      problems.push(problem);
    }
    throw new Error(
      `after a crash, ${acknowledged} of ${states.length - 1} acknowledged: ${problems.join('; ')}`,
    );
  }

  /** Why the node is not as `model`; null when it is. */
  async #difference(model: ReadonlyMap<string, PlainCollection>): Promise<string | null> {
    const { coordinator } = this.#node;
    const names = coordinator.listCollections().sort().join();
    if (names !== [...model.keys()].sort().join()) return `collections ${names}`;
    for (const [name, collection] of model) {
      const request = { offset: null, limit: 10_000, filter: null, withPayload: true, withVector: true };
      const { points } = await coordinator.scroll(this.#context(), name, request);
      const problem = collection.difference(points);
      if (problem !== null) return `${name}: ${problem}`;
      const info = await coordinator.collectionInfo(this.#context(), name);
      const indexes = [...info.payloadSchema.keys()].sort().join();
      if (indexes !== [...collection.indexes].sort().join()) return `${name}: indexes ${indexes}`;
    }
    return null;
  }
}

const sizesOf = (name: string): Sizes =>
  new Map([...SHAPES[name]!].map(([field, { size }]) => [field, size]));

const emptyModel = (name: string): PlainCollection =>
  new PlainCollection(new Map([...SHAPES[name]!].map(([field, { distance }]) => [field, distance])));

const hnsw = (m: number) => ({
  ...NO_HNSW_DIFF,
  m,
});
