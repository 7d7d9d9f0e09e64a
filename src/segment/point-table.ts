import type { PayloadBytes } from '../model/operation.ts';
import type { PointId } from '../model/point-id.ts';
import { comparePointIds, decodePointId, encodedPointIdLength, encodePointId } from '../model/point-id.ts';
import { assert } from '../shared/assert.ts';
import type { Records } from '../storage/records/records.ts';
import { decodePlace, encodePlace, idKey, idOfKey, idRange, rowKey } from './keys.ts';
import type { Place } from './place.ts';

/** What is stored of a point beside its vectors. */
export interface PointRow {
  id: PointId;
  /** The sequence that last changed the point. */
  version: number;
  payload: PayloadBytes | null;
}

/** One entry of a commit: null removes the key. */
export type Change = readonly [key: Uint8Array, value: Uint8Array | null];

/** Changes not yet in the records; null = removed. */
interface Layer {
  places: Map<PointId, Place | null>;
  rows: Map<Place, PointRow | null>;
  bytes: number;
}

const newLayer = (): Layer => ({ places: new Map(), rows: new Map(), bytes: 0 });
/** Rough heap cost of one changed point beside its payload, for the bound on the table. */
const ENTRY_BYTES = 300;

/**
 * Ids, versions and payloads of a shard: a bounded table of changes since the last checkpoint over the records.
 * Invariant: `#active` shadows `#frozen` (being committed), which shadows the records.
 */
export class PointTable {
  #records: Records | null;
  #active = newLayer();
  #frozen: Layer | null = null;
  /** Ids of both layers in order, except those in `#unsortedIds`; null when nobody has asked yet. */
  #sortedIds: PointId[] | null = null;
  #unsortedIds: PointId[] = [];

  constructor(records: Records | null) {
    this.#records = records;
  }

  /** Heap bytes, roughly, of the changes that the next checkpoint would take. */
  get changedBytes(): number {
    return this.#active.bytes;
  }

  /** As `changedBytes`, with what the running checkpoint has taken and not committed yet. */
  get heldBytes(): number {
    return this.#active.bytes + (this.#frozen?.bytes ?? 0);
  }

  locate(id: PointId): Place | undefined {
    const changed = this.#active.places.get(id);
    if (changed !== undefined) return changed ?? undefined;
    const frozen = this.#frozen?.places.get(id);
    if (frozen !== undefined) return frozen ?? undefined;
    const stored = this.#records?.get(idKey(id));
    return stored && decodePlace(stored);
  }

  row(place: Place): PointRow | undefined {
    const changed = this.#active.rows.get(place);
    if (changed !== undefined) return changed ?? undefined;
    const frozen = this.#frozen?.rows.get(place);
    if (frozen !== undefined) return frozen ?? undefined;
    const stored = this.#records?.get(rowKey(place));
    return stored && decodeRow(stored);
  }

  /** The point is at `place` now; a row at its former place must be dropped by the caller. */
  put(place: Place, row: PointRow): void {
    this.#noteChanged(row.id);
    this.#active.places.set(row.id, place);
    this.putRow(place, row);
  }

  /** New version or payload of a point that stays where it is. */
  putRow(place: Place, row: PointRow): void {
    const before = this.#active.rows.get(place);
    this.#active.bytes += (row.payload?.length ?? 0) - (before?.payload?.length ?? 0);
    if (before === undefined) this.#active.bytes += ENTRY_BYTES;
    this.#active.rows.set(place, row);
  }

  dropRow(place: Place): void {
    const before = this.#active.rows.get(place);
    this.#active.bytes += before === undefined ? ENTRY_BYTES : -(before?.payload?.length ?? 0);
    this.#active.rows.set(place, null);
  }

  drop(id: PointId, place: Place): void {
    this.#noteChanged(id);
    this.#active.places.set(id, null);
    this.dropRow(place);
  }

  /** Up to `limit` points at or after `from` (all ids when null), ascending. */
  page(from: PointId | null, limit: number): { id: PointId; place: Place }[] {
    const changed = this.#changedIds();
    let at = from === null ? 0 : lowerBound(changed, from);
    const out: { id: PointId; place: Place }[] = [];
    const takeChanged = (id: PointId): void => {
      const place = this.locate(id);
      if (place !== undefined) out.push({ id, place });
    };
    if (this.#records !== null) {
      for (const { key, value } of this.#records.range(idRange(from))) {
        if (out.length >= limit) return out;
        const id = idOfKey(key);
        while (at < changed.length && comparePointIds(changed[at]!, id) < 0 && out.length < limit)
          takeChanged(changed[at++]!);
        if (out.length >= limit) return out;
        if (at < changed.length && comparePointIds(changed[at]!, id) === 0) takeChanged(changed[at++]!);
        else out.push({ id, place: decodePlace(value) });
      }
    }
    while (at < changed.length && out.length < limit) takeChanged(changed[at++]!);
    return out;
  }

  /** Moves all changes aside, to be committed; later changes are kept apart. Returns them as record changes. */
  freeze(): Iterable<Change> {
    assert(this.#frozen === null, 'a checkpoint is already running');
    this.#frozen = this.#active;
    this.#active = newLayer();
    return layerChanges(this.#frozen);
  }

  /** The frozen changes are in `records` now. */
  committed(records: Records): void {
    this.#records = records;
    this.#frozen = null;
    this.#sortedIds = null;
  }

  /** The commit failed: the frozen changes count as changed again. */
  unfreeze(): void {
    const frozen = this.#frozen;
    if (frozen === null) return;
    for (const [id, place] of this.#active.places) frozen.places.set(id, place);
    for (const [place, row] of this.#active.rows) frozen.rows.set(place, row);
    frozen.bytes += this.#active.bytes;
    this.#active = frozen;
    this.#frozen = null;
  }

  #noteChanged(id: PointId): void {
    if (this.#sortedIds === null || this.#active.places.has(id) || this.#frozen?.places.has(id)) return;
    this.#unsortedIds.push(id);
  }

  #changedIds(): PointId[] {
    if (this.#sortedIds === null) {
      const ids = new Set(this.#active.places.keys());
      for (const id of this.#frozen?.places.keys() ?? []) ids.add(id);
      this.#sortedIds = [...ids].sort(comparePointIds);
    } else if (this.#unsortedIds.length > 0) {
      this.#sortedIds = mergeSorted(this.#sortedIds, this.#unsortedIds.sort(comparePointIds));
    }
    this.#unsortedIds = [];
    return this.#sortedIds;
  }
}

function mergeSorted(a: readonly PointId[], b: readonly PointId[]): PointId[] {
  const out: PointId[] = [];
  let at = 0;
  for (const id of a) {
    while (at < b.length && comparePointIds(b[at]!, id) < 0) out.push(b[at++]!);
    out.push(id);
  }
  while (at < b.length) out.push(b[at++]!);
  return out;
}

function lowerBound(ids: PointId[], from: PointId): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (comparePointIds(ids[middle]!, from) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* layerChanges(layer: Layer): Iterable<Change> {
  for (const [id, place] of layer.places) yield [idKey(id), place === null ? null : encodePlace(place)];
  for (const [place, row] of layer.rows) yield [rowKey(place), row === null ? null : encodeRow(row)];
}

/** Row: version as f64 little endian, the id, then the payload bytes (none = no payload). */
function encodeRow(row: PointRow): Uint8Array {
  const id = encodePointId(row.id);
  const out = Buffer.allocUnsafe(8 + id.length + (row.payload?.length ?? 0));
  out.writeDoubleLE(row.version, 0);
  id.copy(out, 8);
  if (row.payload !== null) out.set(row.payload, 8 + id.length);
  return out;
}

function decodeRow(bytes: Uint8Array): PointRow {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + encodedPointIdLength(bytes, 8);
  return {
    id: decodePointId(bytes, 8),
    version: view.getFloat64(0, true),
    payload: bytes.length > start ? bytes.subarray(start) : null,
  };
}
