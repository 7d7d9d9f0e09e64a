import type { Filter } from '../../model/filter.ts';
import type { JsonObject } from '../../model/json.ts';
import type { PayloadIndexSchema } from '../../model/payload-schema.ts';
import type { PointId } from '../../model/point-id.ts';
import type { SlotSet } from '../../model/slot-set.ts';

/** How many points match: `min <= expected <= max`; exact when min equals max. */
export interface Cardinality {
  min: number;
  expected: number;
  max: number;
}

/** What a filter asks of its segment besides payload indexes. */
export interface FilterContext {
  /** Slots of visible points. */
  live: SlotSet;
  /** Number of slots in `live`. */
  liveCount: number;
  /** Parsed payload; null when the point has none. */
  payloadOf(slot: number): JsonObject | null;
  /** Live slots of those of `ids` that are in this segment. */
  slotsOf(ids: Iterable<PointId>): Uint32Array;
  /** Live slots that have the named vector; null when the schema has no such vector. */
  slotsWithVector(name: string): SlotSet | null;
  /** Throws SextantError('timeout') when the request is over time or gone; called at least every 10 ms of work. */
  checkpoint(): void;
}

/** All payload indexes of one segment. Knows nothing of durability beyond handing out and taking back its blocks. */
export interface PayloadIndexes {
  readonly fields: ReadonlyMap<string, FieldInfo>;
  /** Adds an empty field index in state "building"; `put` feeds it, filters do not use it until `finish`. */
  create(path: string, schema: PayloadIndexSchema): void;
  finish(path: string): void;
  drop(path: string): void;
  /** The payload of `slot` is now `payload`, whatever it was. `onlyPath` feeds one field only (background build). */
  put(slot: number, payload: JsonObject | null, onlyPath?: string): void;
  /** The slot holds no point any more. */
  remove(slot: number): void;
  /** From indexes alone where possible; never scans payloads. */
  estimate(filter: Filter, context: FilterContext): Cardinality;
  /** The live slots that match, exactly, when every condition has an index (or needs none); else null. Never parses a payload. */
  resolveIndexed(filter: Filter, context: FilterContext): SlotSet | null;
  /**
   * The live slots that match, exactly. Uses indexes to narrow first, then tests the rest on payloads in slices of at most 10 ms,
   * letting the event loop run in between. Rejects when `context.checkpoint` throws.
   */
  resolve(filter: Filter, context: FilterContext): Promise<SlotSet>;
  /** Changed blocks since the last call (null = gone), as [key suffix, bytes]; the caller stores them in one commit. */
  takeDirtyBlocks(): Iterable<readonly [key: Uint8Array, value: Uint8Array | null]>;
}

export interface FieldInfo {
  schema: PayloadIndexSchema;
  ready: boolean;
  /** Points with at least one indexed value. May load the field's blocks. */
  points(): number;
}

/** Reads a stored block by the key suffix that `takeDirtyBlocks` gave it. Fields load on first use. */
export interface BlockReader {
  get(key: Uint8Array): Uint8Array | undefined;
}
