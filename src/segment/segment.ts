import type { PayloadIndexes } from '../index/payload/payload-indexes.ts';
import type { PayloadBytes } from '../model/operation.ts';
import { parsePayload } from '../model/payload.ts';
import { SlotSet } from '../model/slot-set.ts';
import type { NamedVectors, Vector } from '../model/vector.ts';
import { assert } from '../shared/assert.ts';
import type { BitmapStore } from './bitmap-store.ts';
import { fieldKey } from './keys.ts';
import { placeOf } from './place.ts';
import type { Change, PointTable } from './point-table.ts';
import type { Readers } from './readers.ts';
import type { BuiltWith, VectorField } from './vector-field.ts';

/** What of a segment the shard state keeps beside bitmaps and blocks. */
export interface SegmentState {
  id: number;
  /** Slots ever handed out. */
  count: number;
  capacity: number;
  builtWith: Record<string, BuiltWith | null>;
}

/**
 * One searchable part of a shard: slots, who of them lives, vectors and payload indexes.
 * Invariants: a slot is written only while neither the last checkpoint nor a running search knows it as something
 * else; `live` and each field's `present` decide what exists, the arenas never do.
 */
export class Segment {
  readonly id: number;
  readonly capacity: number;
  readonly points: PointTable;
  readonly fields: ReadonlyMap<string, VectorField>;
  readonly payloadIndexes: PayloadIndexes;
  readonly live: SlotSet;
  readonly #readers: Readers;
  readonly #bitmaps: BitmapStore;
  /** Slots that may be written again. */
  readonly #free: number[] = [];
  /** These and the ones that wait for running searches to end. */
  readonly #released = new SlotSet();
  #count: number;
  #liveCount: number;
  #changes = 0;

  constructor(parts: SegmentParts) {
    this.id = parts.state.id;
    this.capacity = parts.state.capacity;
    this.#count = parts.state.count;
    this.points = parts.points;
    this.fields = parts.fields;
    this.payloadIndexes = parts.payloadIndexes;
    this.live = parts.live;
    this.#liveCount = parts.live.count();
    this.#bitmaps = parts.bitmaps;
    this.#readers = parts.readers;
    this.release(this.unusedSlots());
  }

  /** Slots ever handed out; all slots are below. */
  get count(): number {
    return this.#count;
  }

  get liveCount(): number {
    return this.#liveCount;
  }

  /** Rises with every change of points or payload; equal numbers mean equal answers of a filter. */
  get changes(): number {
    return this.#changes;
  }

  /** How many points fit still. */
  get room(): number {
    return this.#free.length + this.capacity - this.#count;
  }

  /** Puts point versions at slots of their own and returns the slots; vectors and payloads are validated. */
  insertMany(points: readonly { vectors: NamedVectors; payload: PayloadBytes | null }[]): Uint32Array {
    const slots = new Uint32Array(points.length);
    const indexed = this.payloadIndexes.fields.size > 0;
    for (const [i, point] of points.entries()) {
      slots[i] = this.#takeSlot();
      this.live.add(slots[i]!);
      if (indexed) this.payloadIndexes.put(slots[i]!, point.payload && parsePayload(point.payload));
    }
    this.#liveCount += points.length;
    this.#changes++;
    for (const field of this.fields.values()) this.#writeField(field, slots, points);
    return slots;
  }

  /** The payload of the point at `slot` changed; its row is the caller's. */
  payloadChanged(slot: number, payload: PayloadBytes | null): void {
    this.#changes++;
    if (this.payloadIndexes.fields.size > 0) this.payloadIndexes.put(slot, payload && parsePayload(payload));
  }

  /** The point at `slot` is gone (or moved to another slot). */
  remove(slot: number): void {
    assert(this.live.has(slot), 'only a live slot can be removed');
    this.live.delete(slot);
    this.#liveCount--;
    this.#changes++;
    const slots = Uint32Array.of(slot);
    for (const field of this.fields.values()) {
      if (field.present.has(slot)) field.index.remove(slots);
    }
    this.payloadIndexes.remove(slot);
  }

  vectorsOf(slot: number, names: Iterable<string> = this.fields.keys()): NamedVectors {
    const vectors: NamedVectors = new Map();
    for (const name of names) {
      const field = this.fields.get(name);
      if (field?.present.has(slot)) vectors.set(name, field.index.read(Uint32Array.of(slot)));
    }
    return vectors;
  }

  /** Dead slots that no graph links to: once a checkpoint knows them as dead they may be written again. */
  unusedSlots(): Uint32Array {
    const used = this.live.clone();
    for (const field of this.fields.values()) used.or(new SlotSet(field.index.linkedWords()));
    return SlotSet.below(this.#count).andNot(used).andNot(this.#released).toArray();
  }

  /** A checkpoint covers that these slots are dead; they are handed out when the searches of now have ended. */
  release(slots: Uint32Array): void {
    if (slots.length === 0) return;
    for (const slot of slots) this.#released.add(slot);
    this.#readers.afterCurrent(() => {
      for (let i = slots.length - 1; i >= 0; i--) this.#free.push(slots[i]!);
    });
  }

  /** Everything a checkpoint stores of this segment, as of now. */
  takeChanges(): { changes: Change[]; state: SegmentState } {
    const changes = this.#bitmaps.save('live', this.live.words);
    const builtWith: Record<string, BuiltWith | null> = Object.create(null);
    for (const [name, field] of this.fields) {
      changes.push(...this.#bitmaps.save(`present:${name}`, field.present.words));
      changes.push(...this.#bitmaps.save(`linked:${name}`, field.storedLinks()));
      builtWith[name] = field.builtWith;
    }
    for (const [key, value] of this.payloadIndexes.takeDirtyBlocks())
      changes.push([fieldKey(this.id, key), value]);
    return { changes, state: { id: this.id, count: this.#count, capacity: this.capacity, builtWith } };
  }

  /** The address of a slot in the shard's point table. */
  placeOf(slot: number): number {
    return placeOf(this.id, slot);
  }

  #takeSlot(): number {
    const slot = this.#free.pop() ?? this.#count++;
    assert(slot < this.capacity, 'the caller opens another segment when this one is full');
    this.#released.delete(slot);
    for (const field of this.fields.values()) field.present.delete(slot);
    return slot;
  }

  #writeField(field: VectorField, slots: Uint32Array, points: readonly { vectors: NamedVectors }[]): void {
    const written = new Uint32Array(slots.length);
    const vectors: Vector[] = [];
    for (const [i, point] of points.entries()) {
      const vector = point.vectors.get(field.name);
      if (vector === undefined) continue;
      assert(vector.length === field.params.dim, 'vectors fit the schema');
      written[vectors.length] = slots[i]!;
      vectors.push(vector);
      field.present.add(slots[i]!);
    }
    if (vectors.length === 0) return;
    field.index.write(written.subarray(0, vectors.length), contiguous(vectors, field.params.dim));
  }
}

/** The vectors one after the other: as they are when they lie so (those of a request body do), else a copy. */
function contiguous(vectors: readonly Vector[], dim: number): Float32Array {
  const { buffer, byteOffset } = vectors[0]!;
  const isInPlace = vectors.every(
    (vector, i) => vector.buffer === buffer && vector.byteOffset === byteOffset + i * dim * 4,
  );
  if (isInPlace) return new Float32Array(buffer, byteOffset, vectors.length * dim);
  const rows = new Float32Array(vectors.length * dim);
  for (const [i, vector] of vectors.entries()) rows.set(vector, i * dim);
  return rows;
}

export interface SegmentParts {
  state: SegmentState;
  points: PointTable;
  fields: ReadonlyMap<string, VectorField>;
  payloadIndexes: PayloadIndexes;
  live: SlotSet;
  bitmaps: BitmapStore;
  readers: Readers;
}
