import { matchesFilter } from '../../src/index/payload/matches.ts';
import { NO_HNSW_DIFF } from '../../src/model/collection-config.ts';
import type { Filter } from '../../src/model/filter.ts';
import { parsePayloadPath } from '../../src/model/payload-path.ts';
import type { PointId } from '../../src/model/point-id.ts';
import type { WriteRequest } from '../../src/model/write.ts';
import { nextTurn } from '../../src/shared/next-turn.ts';
import { type Random, seededRandom } from '../../src/shared/seeded-random.ts';
import type { Files } from '../../src/storage/files/files.ts';
import { ManualClock } from '../harness/manual-clock.ts';
import {
  context,
  createRequest,
  json,
  NO_WAIT,
  openTestNode,
  queryRequest,
  TEST_DEFAULTS,
  type TestNode,
  vectorParams,
} from '../harness/open-test-node.ts';
import { PlainCollection } from '../model/plain-model.ts';

/** What a node holds: its collections, and of each the part of its parameters that the script changes. */
export type NodeState = ReadonlyMap<string, { points: PlainCollection; m: number }>;

const FIELDS = new Map([
  ['a', 'Dot'],
  ['b', 'Euclid'],
] as const);
const FLUSH_SEC = 5;
const M = TEST_DEFAULTS.hnsw.m;
const RED: Filter = {
  must: [{ kind: 'match', path: parsePayloadPath('word'), value: 'red' }],
  should: [],
  mustNot: [],
  minShould: null,
};

export interface ScriptNode extends TestNode {
  clock: ManualClock;
}

export async function openScriptNode(files: Files): Promise<ScriptNode> {
  const clock = new ManualClock();
  const optimizers = { ...TEST_DEFAULTS.optimizers, flush_interval_sec: FLUSH_SEC, indexing_threshold: 0.01 };
  const node = await openTestNode({ files, clock, defaults: { optimizers } });
  return { ...node, clock };
}

/** Lets a checkpoint begin and everything that is under way come to its end. */
export async function checkpoint(node: ScriptNode): Promise<void> {
  node.clock.advance(FLUSH_SEC * 1000);
  await settle();
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await nextTurn();
}

/**
 * A fixed run of operations on a node, each noted when it begins and when it is acknowledged. `states[n]` is what the
 * node holds after n operations.
 */
export class Script {
  readonly states: NodeState[] = [new Map()];
  begun = 0;
  acknowledged = 0;
  node!: ScriptNode;
  readonly #files: Files;
  readonly #random: Random;

  constructor(files: Files, seed: number) {
    this.#files = files;
    this.#random = seededRandom(seed);
  }

  async run(): Promise<void> {
    this.node = await openScriptNode(this.#files);
    await this.#create('one');
    await this.#upsert('one', 12);
    await this.#create('two');
    await this.#write('one', { kind: 'createIndex', path: 'word', schema: KEYWORD });
    await this.#upsert('two', 5);
    await this.#changes('one');
    await checkpoint(this.node);
    await this.#changes('two');
    await this.#upsert('one', 6);
    await this.#write('one', { kind: 'delete', selector: { ids: null, filter: RED } });
    // A checkpoint in the middle of writes.
    this.node.clock.advance(FLUSH_SEC * 1000);
    await this.#upsert('one', 4);
    await this.#upsertsAtOnce('one', 3);
    await this.#drop('two');
    await this.#configure('one', 4);
    await this.#upsert('one', 8);
    await this.#create('two');
    await this.#upsert('two', 3);
    await this.#restart();
    await this.#changes('one');
    await this.#write('one', { kind: 'deleteIndex', path: 'word' });
    await this.#configure('one', M);
    await this.#upsert('two', 4);
    await checkpoint(this.node);
    await this.#upsert('one', 10);
    await this.#drop('one');
    await this.#upsert('two', 2);
    await this.#restart();
    await this.node.close();
  }

  /** Every kind of change of points, once. */
  async #changes(name: string): Promise<void> {
    const payload = json({ word: 'red', n: 1 });
    await this.#write(name, { kind: 'setPayload', selector: this.#some(name, 2), payload, path: null });
    await this.#write(name, { kind: 'setPayload', selector: this.#some(name, 1), payload, path: 'inner' });
    await this.#write(name, { kind: 'overwritePayload', selector: this.#some(name, 2), payload });
    await this.#write(name, { kind: 'deletePayload', selector: this.#some(name, 3), keys: ['n'] });
    await this.#write(name, { kind: 'clearPayload', selector: this.#some(name, 1) });
    await this.#write(name, { kind: 'deleteVectors', selector: this.#some(name, 2), names: ['b'] });
    const points = (this.#some(name, 2).ids ?? []).map((id) => ({ id, vectors: this.#vectors() }));
    await this.#write(name, { kind: 'updateVectors', points });
    await this.#write(name, { kind: 'delete', selector: this.#some(name, 2) });
  }

  #create(name: string): Promise<void> {
    const vectors = { a: vectorParams(3), b: vectorParams(2, { distance: 'Euclid' }) };
    return this.#operation(
      (state) => new Map(state).set(name, { points: new PlainCollection(FIELDS), m: M }),
      () => this.node.coordinator.createCollection(this.#context(), name, createRequest(vectors)),
    );
  }

  #drop(name: string): Promise<void> {
    return this.#operation(
      (state) => new Map([...state].filter(([other]) => other !== name)),
      () => this.node.coordinator.deleteCollection(this.#context(), name),
    );
  }

  #configure(name: string, m: number): Promise<void> {
    const hnsw = { ...NO_HNSW_DIFF, m };
    return this.#operation(
      (state) => new Map(state).set(name, { ...state.get(name)!, m }),
      () =>
        this.node.coordinator.updateCollection(this.#context(), name, { ...NO_CHANGE, hnsw_config: hnsw }),
    );
  }

  #write(name: string, request: WriteRequest): Promise<void> {
    return this.#operation(
      (state) => {
        const { points, m } = state.get(name)!;
        const after = points.copy();
        if (!after.write(request)) throw new Error('the script names points that are not there');
        return new Map(state).set(name, { points: after, m });
      },
      () => this.node.coordinator.write(this.#context(), name, [request], NO_WAIT),
    );
  }

  #upsert(name: string, count: number): Promise<void> {
    return this.#write(name, this.#upsertRequest(count));
  }

  async #upsertsAtOnce(name: string, count: number): Promise<void> {
    const writes: Promise<void>[] = [];
    for (let i = 0; i < count; i++) writes.push(this.#upsert(name, 2));
    await Promise.all(writes);
  }

  async #restart(): Promise<void> {
    await this.node.close();
    this.node = await openScriptNode(this.#files);
  }

  /** Operations are acknowledged in the order of their begin. */
  async #operation(change: (state: NodeState) => NodeState, run: () => Promise<unknown>): Promise<void> {
    this.states.push(change(this.states.at(-1)!));
    const number = ++this.begun;
    await run();
    this.acknowledged = Math.max(this.acknowledged, number);
  }

  #context() {
    return context(this.node.clock);
  }

  #upsertRequest(count: number): WriteRequest {
    const points = Array.from({ length: count }, () => ({
      id: this.#id(),
      vectors: this.#vectors(),
      payload: this.#random() < 0.2 ? null : json({ word: this.#random() < 0.3 ? 'red' : 'blue', n: 7 }),
    }));
    return { kind: 'upsert', points };
  }

  #id(): PointId {
    return Math.floor(this.#random() * 30);
  }

  #vectors(): Map<string, Float32Array> {
    const vectors = new Map([['a', this.#vector(3)]]);
    return this.#random() < 0.3 ? vectors : vectors.set('b', this.#vector(2));
  }

  #vector(size: number): Float32Array {
    return Float32Array.from({ length: size }, () => this.#random() * 2 - 1);
  }

  /** A selector of `count` points that are there. */
  #some(name: string, count: number): { ids: PointId[]; filter: null } {
    const ids = this.states.at(-1)!.get(name)!.points.ids();
    return { ids: ids.filter((_, i) => i % Math.ceil(ids.length / count) === 0), filter: null };
  }
}

/** Why the node does not hold `state`; null when it does. Asks by scroll, by search, and by count through an index. */
export async function difference(node: ScriptNode, state: NodeState): Promise<string | null> {
  const { coordinator, clock } = node;
  const names = coordinator.listCollections().sort().join();
  if (names !== [...state.keys()].sort().join()) return `collections "${names}"`;
  for (const [name, { points, m }] of state) {
    const all = { offset: null, limit: 1000, filter: null, withPayload: true, withVector: true };
    const found = await coordinator.scroll(context(clock), name, all);
    const problem = points.difference(found.points);
    if (problem !== null) return `${name}: ${problem}`;
    const query = queryRequest({ query: { vector: Float32Array.of(1, 1, 1) }, using: 'a', limit: 1000 });
    const [hits] = await coordinator.query(context(clock), name, [query]);
    const hitIds = hits!
      .map(({ id }) => Number(id))
      .sort((x, y) => x - y)
      .join();
    if (hitIds !== points.ids().join()) return `${name}: search finds ${hitIds}`;
    const count = await coordinator.count(context(clock), name, { filter: RED, exact: true });
    const red = [...points.points.values()].filter(({ payload }) => matchesFilter(RED, payload, NO_LOOKUP));
    if (count !== red.length) return `${name}: ${count} red ones of ${red.length}`;
    const info = await coordinator.collectionInfo(context(clock), name);
    const indexes = [...info.payloadSchema.keys()].join();
    if (indexes !== [...points.indexes].join()) return `${name}: indexes "${indexes}"`;
    if (info.config.hnsw_config.m !== m) return `${name}: m ${info.config.hnsw_config.m}`;
  }
  return null;
}

const NO_LOOKUP = { hasId: () => false, hasVector: () => false };
const KEYWORD = { type: 'keyword', params: null, lookup: true, range: true } as const;
const NO_CHANGE = {
  vectors: null,
  optimizers_config: null,
  params: null,
  hnsw_config: null,
  quantization_config: null,
  metadata: null,
};
