import { SextantError } from '../../model/errors.ts';
import { SlotSet } from '../../model/slot-set.ts';
import { assert } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import {
  checkFinite,
  checkIndexOptions,
  checkPass,
  checkSearch,
  checkSlots,
  checkVectors,
} from '../check.ts';
import type {
  ArenaStore,
  CancelToken,
  SearchRequest,
  SearchResult,
  VectorIndex,
  VectorIndexOptions,
} from '../engine.ts';
import { floatToHalf, halfToFloat } from './narrow.ts';
import { similarity, toStored } from './similarity.ts';

/** Slots scored between two looks at the clock and the cancel flag. */
const SLOTS_PER_SLICE = 256;

/**
 * The slow, obviously correct index: every search is exact, `link` and `repair` only keep the books. An `ArenaStore`
 * holds the vectors, one row of stored components per slot without padding (little endian). These files are its own: no
 * other engine can use them, nor this one theirs.
 */
export class ReferenceIndex implements VectorIndex {
  readonly #options: VectorIndexOptions;
  readonly #store: ArenaStore | null;
  readonly #clock: Clock;
  readonly #onClose: () => void;
  readonly #rows: (Float32Array | undefined)[] = [];
  readonly #alive: SlotSet;
  readonly #linked: SlotSet;
  /** Slots whose stored row differs from the store's. */
  #dirty = new Set<number>();
  #count: number;
  #closed = false;

  static async open(
    options: VectorIndexOptions,
    context: { clock: Clock; onClose: () => void },
  ): Promise<ReferenceIndex> {
    checkIndexOptions(options);
    const { arenas } = options;
    assert(
      arenas === null || 'read' in arenas,
      'the reference engine cannot map files: give it an ArenaStore',
    );
    const index = new ReferenceIndex(options, arenas, context);
    if (arenas !== null && options.count > 0) index.#load(await arenas.read('vectors'));
    return index;
  }

  private constructor(
    options: VectorIndexOptions,
    store: ArenaStore | null,
    context: { clock: Clock; onClose: () => void },
  ) {
    this.#options = options;
    this.#store = store;
    this.#clock = context.clock;
    this.#onClose = context.onClose;
    this.#count = options.count;
    const below = SlotSet.below(options.count);
    this.#alive = new SlotSet(options.alive.slice()).and(below);
    this.#linked = options.m === 0 ? new SlotSet() : new SlotSet(options.linked.slice()).and(below);
  }

  get count(): number {
    return this.#count;
  }
  get linkedCount(): number {
    return this.#linked.clone().and(this.#alive).count();
  }
  get unlinkedCount(): number {
    return this.#alive.clone().andNot(this.#linked).count();
  }
  get tombstoneCount(): number {
    return this.#linked.clone().andNot(this.#alive).count();
  }
  get bytes(): { vectors: number; codes: number; links: number } {
    return { vectors: this.#count * this.#options.dim * 4, codes: 0, links: 0 };
  }

  write(slots: Uint32Array, vectors: Float32Array): void {
    const { dim, distance, datatype, capacity } = this.#open();
    checkSlots(slots, capacity);
    checkVectors(vectors, slots.length, dim);
    checkFinite(vectors);
    for (const slot of slots) {
      assert(!this.#alive.has(slot) && !this.#linked.has(slot), `slot ${slot} is in use`);
    }
    assert(new Set(slots).size === slots.length, 'slots must differ');
    for (const [i, slot] of slots.entries()) {
      this.#rows[slot] = toStored(vectors.subarray(i * dim, (i + 1) * dim), distance, datatype);
      this.#alive.add(slot);
      this.#dirty.add(slot);
      this.#count = Math.max(this.#count, slot + 1);
    }
  }

  read(slots: Uint32Array): Float32Array {
    const { dim } = this.#open();
    checkSlots(slots, this.#count);
    const out = new Float32Array(slots.length * dim);
    for (const [i, slot] of slots.entries()) out.set(this.#row(slot), i * dim);
    return out;
  }

  reserve(count: number): void {
    const { capacity } = this.#open();
    assert(Number.isInteger(count) && count >= 0 && count <= capacity, 'reserve within the capacity');
  }

  remove(slots: Uint32Array): void {
    this.#open();
    checkSlots(slots, this.#count);
    for (const slot of slots) this.#alive.delete(slot);
  }

  score(query: Float32Array, slots: Uint32Array): Float32Array {
    const { dim, distance, datatype } = this.#open();
    checkVectors(query, 1, dim);
    checkFinite(query);
    checkSlots(slots, this.#count);
    const stored = toStored(query, distance, datatype);
    return Float32Array.from(slots, (slot) => similarity(stored, this.#row(slot), distance, datatype));
  }

  async link(options: { max: number; threads: number; cancel?: CancelToken }): Promise<{ linked: number }> {
    checkPass(options);
    const wanted = this.#open().m === 0 || isCancelled(options.cancel) ? 0 : options.max;
    const chosen = this.#alive.clone().andNot(this.#linked).toArray().subarray(0, wanted);
    for (const slot of chosen) this.#linked.add(slot);
    return { linked: chosen.length };
  }

  async repair(options: { max: number; threads: number; cancel?: CancelToken }): Promise<Uint32Array> {
    checkPass(options);
    this.#open();
    const wanted = isCancelled(options.cancel) ? 0 : options.max;
    const freed = this.#linked.clone().andNot(this.#alive).toArray().slice(0, wanted);
    for (const slot of freed) this.#linked.delete(slot);
    return freed;
  }

  async search(request: SearchRequest): Promise<SearchResult> {
    const run = this.#search(request);
    for (;;) {
      const step = run.next();
      if (step.done) return step.value;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  searchSync(request: SearchRequest): SearchResult {
    const run = this.#search(request);
    for (;;) {
      const step = run.next();
      if (step.done) return step.value;
    }
  }

  linkedWords(): Uint32Array {
    this.#open();
    const words = new Uint32Array((this.#count + 31) >>> 5);
    words.set(this.#linked.words.subarray(0, words.length));
    return words;
  }

  async sync(): Promise<void> {
    this.#open();
    const dirty = this.#dirty;
    this.#dirty = new Set();
    if (this.#store === null) return;
    try {
      for (const slot of dirty) {
        const bytes = encodeRow(this.#row(slot), this.#options.datatype);
        await this.#store.write('vectors', slot * bytes.length, bytes);
      }
      await this.#store.sync();
    } catch (error) {
      for (const slot of dirty) this.#dirty.add(slot);
      throw error;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }

  /** Yields between slices. */
  *#search(request: SearchRequest): Generator<void, SearchResult> {
    const { dim, distance, datatype } = this.#open();
    const { queryCount, topK } = checkSearch(request, { dim, count: this.#count });
    checkFinite(request.queries);
    const deadlineMs = this.#clock.monotonicMs() + (request.timeoutMs ?? Number.POSITIVE_INFINITY);
    const slots = this.#candidates(request);
    const perQuery: Hit[][] = [];
    let distances = 0;
    let stopped: SearchResult['stopped'] = 'done';
    for (let q = 0; q < queryCount; q++) {
      const query = toStored(request.queries.subarray(q * dim, (q + 1) * dim), distance, datatype);
      const hits: Hit[] = [];
      for (let at = 0; at < slots.length && stopped === 'done'; at += SLOTS_PER_SLICE) {
        if (isCancelled(request.cancel)) stopped = 'cancelled';
        else if (this.#clock.monotonicMs() >= deadlineMs) stopped = 'deadline';
        else {
          for (const slot of slots.subarray(at, at + SLOTS_PER_SLICE)) {
            hits.push({ slot, similarity: similarity(query, this.#row(slot), distance, datatype) });
            distances++;
          }
          yield;
        }
      }
      perQuery.push(best(hits, topK));
    }
    return { ...pack(perQuery), cost: { visited: distances, distances, rescored: 0 }, stopped };
  }

  /** Slots a search scores: alive, allowed, and linked where only these are asked for. */
  #candidates(request: SearchRequest): Uint32Array {
    const set =
      request.slots === undefined ? this.#alive.clone() : SlotSet.of(request.slots).and(this.#alive);
    if (request.allowed !== undefined) set.and(new SlotSet(request.allowed));
    if (request.linkedOnly === true) set.and(this.#linked);
    return set.toArray();
  }

  #row(slot: number): Float32Array {
    return this.#rows[slot] ?? new Float32Array(this.#options.dim);
  }

  #open(): VectorIndexOptions {
    assert(!this.#closed, 'the index is closed');
    return this.#options;
  }

  #load(bytes: Uint8Array): void {
    const { dim, datatype } = this.#options;
    const rowBytes = dim * COMPONENT_BYTES[datatype];
    for (const slot of this.#alive) {
      const end = (slot + 1) * rowBytes;
      if (end > bytes.length) throw new SextantError('internal', `the vector file ends before slot ${slot}`);
      this.#rows[slot] = decodeRow(bytes.subarray(end - rowBytes, end), datatype);
    }
  }
}

interface Hit {
  slot: number;
  similarity: number;
}

const COMPONENT_BYTES = { float32: 4, float16: 2, uint8: 1 } as const;

const isCancelled = (cancel: CancelToken | undefined): boolean =>
  cancel !== undefined && Atomics.load(cancel.cell, 0) !== 0;

/** Best first; of equal similarities (as f32) the smaller slot first. */
function best(hits: Hit[], topK: number): Hit[] {
  const rounded = hits.map((hit) => ({ slot: hit.slot, similarity: Math.fround(hit.similarity) }));
  return rounded.sort((a, b) => b.similarity - a.similarity || a.slot - b.slot).slice(0, topK);
}

function pack(perQuery: Hit[][]): Pick<SearchResult, 'offsets' | 'slots' | 'similarities'> {
  const offsets = new Uint32Array(perQuery.length + 1);
  for (const [q, hits] of perQuery.entries()) offsets[q + 1] = offsets[q]! + hits.length;
  const all = perQuery.flat();
  return {
    offsets,
    slots: Uint32Array.from(all, (hit) => hit.slot),
    similarities: Float32Array.from(all, (hit) => hit.similarity),
  };
}

function encodeRow(row: Float32Array, datatype: VectorIndexOptions['datatype']): Uint8Array {
  if (datatype === 'uint8') return Uint8Array.from(row);
  const view = new DataView(new ArrayBuffer(row.length * COMPONENT_BYTES[datatype]));
  for (const [i, value] of row.entries()) {
    if (datatype === 'float32') view.setFloat32(i * 4, value, true);
    else view.setUint16(i * 2, floatToHalf(value), true);
  }
  return new Uint8Array(view.buffer);
}

function decodeRow(bytes: Uint8Array, datatype: VectorIndexOptions['datatype']): Float32Array {
  if (datatype === 'uint8') return Float32Array.from(bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.length / COMPONENT_BYTES[datatype]);
  for (let i = 0; i < out.length; i++) {
    out[i] = datatype === 'float32' ? view.getFloat32(i * 4, true) : halfToFloat(view.getUint16(i * 2, true));
  }
  return out;
}
