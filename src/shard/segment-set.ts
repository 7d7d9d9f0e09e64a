import type { Engine } from '../engine/engine.ts';
import type { CollectionConfig } from '../model/collection-config.ts';
import type { PayloadIndexSchema } from '../model/payload-schema.ts';
import { fieldParams } from '../segment/field-params.ts';
import { openSegment } from '../segment/open-segment.ts';
import { MAX_SEGMENTS } from '../segment/place.ts';
import { PointTable } from '../segment/point-table.ts';
import { Readers } from '../segment/readers.ts';
import type { Segment, SegmentState } from '../segment/segment.ts';
import { assert, must } from '../shared/assert.ts';
import type { Files } from '../storage/files/files.ts';
import type { Records } from '../storage/records/records.ts';
import { MovedPoints } from './moved-points.ts';
import type { ShardState } from './state.ts';

export interface SegmentSetOptions {
  engine: Engine;
  files: Files;
  /** The shard's folder; segments are below `segments/`. */
  folder: string;
}

/** Virtual memory that one vector arena may take at most; it bounds the slots of a segment. */
const ARENA_BYTES_MAX = 32 * 2 ** 30;
const SLOTS_MAX = 2 ** 26;
/** A segment holds this many points at least, however small `max_segment_size` is. */
const SLOTS_MIN = 1024;

/** The segments of a shard and the points in them. The last segment is appendable, the others are sealed. */
export class SegmentSet {
  readonly points: PointTable;
  readonly readers = new Readers();
  readonly moved = new MovedPoints(this.readers);
  readonly #options: SegmentSetOptions;
  readonly #segments: Segment[] = [];
  readonly #schemas: Map<string, { schema: PayloadIndexSchema; ready: boolean }>;
  /** Segments whose folder is there; an untouched shard has none. */
  readonly #withFolder = new Set<number>();
  /** Closes of indexes that went out of use. */
  readonly #retired: Promise<void>[] = [];
  #config: CollectionConfig;
  #records: Records | null;

  private constructor(
    options: SegmentSetOptions,
    config: CollectionConfig,
    state: ShardState,
    records: Records | null,
  ) {
    this.#options = options;
    this.#config = config;
    this.#records = records;
    this.#schemas = new Map(state.indexes.map(({ path, schema, ready }) => [path, { schema, ready }]));
    this.points = new PointTable(records);
  }

  static async open(
    options: SegmentSetOptions,
    config: CollectionConfig,
    state: ShardState,
    records: Records | null,
  ): Promise<SegmentSet> {
    const set = new SegmentSet(options, config, state, records);
    try {
      for (const segment of state.segments) {
        if (segment.count === 0) await options.files.remove(set.folderOf(segment.id));
        await set.#open(segment);
      }
      if (set.#segments.length === 0) await set.#append();
    } catch (error) {
      await set.close();
      throw error;
    }
    for (const [path, { ready }] of set.#schemas) if (!ready) set.#restartIndex(path);
    return set;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }

  get appendable(): Segment {
    return this.#segments.at(-1)!;
  }

  get config(): CollectionConfig {
    return this.#config;
  }

  get indexes(): ReadonlyMap<string, { schema: PayloadIndexSchema; ready: boolean }> {
    return this.#schemas;
  }

  segment(id: number): Segment {
    return must(this.#segments[id], 'places name segments that exist');
  }

  /** Makes it possible to insert `points` more: opens another segment when they do not fit the appendable one. */
  async ensureRoom(points: number): Promise<void> {
    assert(points <= SLOTS_MIN, 'one operation fits one empty segment');
    if (this.appendable.room < points) await this.#append();
    if (points === 0) return;
    const segment = this.appendable;
    if (!this.#withFolder.has(segment.id)) {
      await this.#options.files.makeFolder(this.folderOf(segment.id));
      this.#withFolder.add(segment.id);
    }
    const slots = Math.min(segment.count + points, segment.capacity);
    for (const field of segment.fields.values()) field.index.reserve(slots);
  }

  /** Adds a field index; `buildIndex` fills it with the points that are there. Same schema again changes nothing. */
  createIndex(path: string, schema: PayloadIndexSchema): void {
    const known = this.#schemas.get(path);
    if (known !== undefined && JSON.stringify(known.schema) === JSON.stringify(schema)) return;
    if (known !== undefined) this.dropIndex(path);
    this.#schemas.set(path, { schema, ready: false });
    for (const segment of this.#segments) segment.payloadIndexes.create(path, schema);
  }

  indexBuilt(path: string): void {
    const known = this.#schemas.get(path);
    if (known !== undefined) known.ready = true;
  }

  dropIndex(path: string): void {
    if (!this.#schemas.delete(path)) return;
    for (const segment of this.#segments) segment.payloadIndexes.drop(path);
  }

  /** True when graphs do not fit the parameters: the next checkpoint must not tell of them, see `configure`. */
  abandonGraphs(config: CollectionConfig): boolean {
    let abandoned = false;
    for (const segment of this.#segments) {
      for (const [name, field] of segment.fields) {
        abandoned = field.abandonGraph(fieldParams(config, name)) || abandoned;
      }
    }
    return abandoned;
  }

  /** New parameters from now on. Nothing else but reads may run, and a checkpoint has followed `abandonGraphs`. */
  async configure(config: CollectionConfig): Promise<void> {
    this.#config = config;
    for (const segment of this.#segments) {
      for (const [name, field] of segment.fields) {
        const closeFormer = await field.reconfigure(fieldParams(config, name), segment.live);
        if (closeFormer !== null) this.readers.afterCurrent(() => this.#retire(closeFormer()));
      }
    }
  }

  /** The records a checkpoint was written to; from now on reads go there. */
  useRecords(records: Records): void {
    this.#records = records;
  }

  /** Resolves when the reads of now have ended. */
  readsEnded(): Promise<void> {
    return new Promise((resolve) => this.readers.afterCurrent(resolve));
  }

  /** Nothing may read any more. */
  async close(): Promise<void> {
    for (const segment of this.#segments) {
      for (const field of segment.fields.values()) await field.close();
    }
    await Promise.all(this.#retired);
  }

  /** Keeps the failure of a close for our own. */
  #retire(closed: Promise<void>): void {
    closed.catch(() => {});
    this.#retired.push(closed);
  }

  folderOf(segment: number): string {
    return `${this.#options.folder}/segments/${segment}`;
  }

  /** A build that a stop cut short starts again from nothing. */
  #restartIndex(path: string): void {
    const { schema } = this.#schemas.get(path)!;
    for (const segment of this.#segments) {
      segment.payloadIndexes.drop(path);
      segment.payloadIndexes.create(path, schema);
    }
  }

  async #append(): Promise<void> {
    const id = this.#segments.length;
    assert(id < MAX_SEGMENTS, 'too many segments');
    await this.#options.files.remove(this.folderOf(id));
    await this.#open({ id, count: 0, capacity: capacityOf(this.#config), builtWith: {} });
    for (const path of this.#schemas.keys()) this.appendable.payloadIndexes.finish(path);
  }

  async #open(state: SegmentState): Promise<void> {
    const { engine, files } = this.#options;
    const schemas = new Map([...this.#schemas].map(([path, { schema }]) => [path, schema]));
    const folder = this.folderOf(state.id);
    const config = this.#config;
    const records = (): Records | null => this.#records;
    this.#segments.push(
      await openSegment({
        engine,
        files,
        folder,
        config,
        schemas,
        records,
        points: this.points,
        readers: this.readers,
        state,
      }),
    );
  }
}

function capacityOf(config: CollectionConfig): number {
  const strides = [...config.vectors.values()].map((vector) => vector.size * 4);
  const bytesPerPoint = strides.reduce((total, stride) => total + stride, 0);
  const limit = config.optimizer_config.max_segment_size;
  const wanted =
    limit === null || bytesPerPoint === 0 ? SLOTS_MAX : Math.floor((limit * 1024) / bytesPerPoint);
  const mappable = Math.floor(ARENA_BYTES_MAX / Math.max(1, ...strides));
  return Math.max(SLOTS_MIN, Math.min(SLOTS_MAX, wanted, mappable));
}
