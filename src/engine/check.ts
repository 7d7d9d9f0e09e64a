import { assert } from '../shared/assert.ts';
import type { SearchRequest, VectorIndexOptions } from './engine.ts';

/** Bounds that keep every length and byte offset in the cores inside 32 bits or far below 2^53. */
export const DIM_MAX = 65_536;
export const CAPACITY_MAX = 0xffff_fffe;
export const HITS_MAX = 1 << 28;
export const EF_MAX = 0x7fff_ffff;

export const DISTANCE_CODES = { Dot: 0, Cosine: 1, Euclid: 2, Manhattan: 3 } as const;
export const DATATYPE_CODES = { float32: 0, float16: 1, uint8: 2 } as const;

const isIntegerIn = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

/** Checks what a caller asks of a new index; a bad argument is a bug, hence an `AssertionError`. */
export function checkIndexOptions(options: VectorIndexOptions): void {
  const { dim, distance, datatype, m, efConstruct, capacity, codes, arenas, count, alive, linked } = options;
  assert(isIntegerIn(dim, 1, DIM_MAX), `dim must be an integer in 1..${DIM_MAX}`);
  assert(Object.hasOwn(DISTANCE_CODES, distance), `unknown distance ${distance}`);
  assert(Object.hasOwn(DATATYPE_CODES, datatype), `unknown datatype ${datatype}`);
  assert(isIntegerIn(m, 0, EF_MAX), 'm must be an unsigned integer');
  assert(isIntegerIn(efConstruct, 1, EF_MAX), 'efConstruct must be a positive integer');
  assert(isIntegerIn(capacity, 1, CAPACITY_MAX), `capacity must be an integer in 1..${CAPACITY_MAX}`);
  assert(isIntegerIn(count, 0, capacity), 'count must be an integer in 0..capacity');
  assert(count === 0 || arenas !== null, 'slots from a checkpoint need arenas');
  assert(codes === null || (codes.quantile >= 0.5 && codes.quantile <= 1), 'quantile must be in 0.5..1');
  const words = (count + 31) >>> 5;
  assert(alive instanceof Uint32Array && alive.length >= words, 'alive must hold a bit for each slot');
  assert(linked instanceof Uint32Array && linked.length >= words, 'linked must hold a bit for each slot');
}

/** Every slot must be below `limit`. */
export function checkSlots(slots: Uint32Array, limit: number): void {
  assert(slots instanceof Uint32Array, 'slots must be a Uint32Array');
  for (const slot of slots) assert(slot < limit, `slot ${slot} is out of range (${limit})`);
}

export function checkVectors(vectors: Float32Array, count: number, dim: number): void {
  assert(vectors instanceof Float32Array, 'vectors must be a Float32Array');
  assert(vectors.length === count * dim, `expected ${count} x ${dim} numbers, got ${vectors.length}`);
}

export function checkFinite(vectors: Float32Array): void {
  for (const value of vectors) assert(Number.isFinite(value), 'vectors must be finite');
}

export function checkPass(options: { max: number; threads: number }): void {
  assert(isIntegerIn(options.max, 0, 0xffff_ffff), 'max must be an unsigned integer');
  assert(isIntegerIn(options.threads, 0, 1024), 'threads must be an integer in 0..1024');
}

/** Checks a request against the index; returns how many queries it holds and `topK` cut to what can be found. */
export function checkSearch(
  request: SearchRequest,
  index: { dim: number; count: number },
): { queryCount: number; topK: number } {
  const { queries, topK, ef, strategy, allowed, slots, oversampling, timeoutMs, cancel } = request;
  assert(queries instanceof Float32Array, 'queries must be a Float32Array');
  const queryCount = queries.length / index.dim;
  assert(isIntegerIn(queryCount, 1, HITS_MAX), `queries must be a positive multiple of ${index.dim} numbers`);
  assert(isIntegerIn(topK, 1, Number.MAX_SAFE_INTEGER), 'topK must be a positive integer');
  assert(isIntegerIn(ef, 0, EF_MAX), `ef must be an integer in 0..${EF_MAX}`);
  assert(strategy === 'graph' || strategy === 'plain', `unknown strategy ${strategy}`);
  assert(allowed === undefined || allowed instanceof Uint32Array, 'allowed must be a Uint32Array');
  assert(slots === undefined || strategy === 'plain', 'slots belong to the plain strategy');
  assert(slots === undefined || allowed === undefined, 'give either slots or allowed');
  if (slots !== undefined) checkSlots(slots, index.count);
  assert(
    oversampling === undefined || (oversampling >= 1 && oversampling <= 1e6),
    'oversampling must be in 1..1e6',
  );
  assert(timeoutMs === undefined || timeoutMs >= 0, 'timeoutMs must not be negative');
  assert(cancel === undefined || cancel.cell instanceof Int32Array, 'cancel must hold an Int32Array');
  const findable = Math.max(1, Math.min(topK, slots === undefined ? index.count : slots.length));
  assert(queryCount * findable <= HITS_MAX, 'too many hits asked for in one search');
  return { queryCount, topK: findable };
}
