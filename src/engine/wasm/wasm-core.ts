import { assert } from '../../shared/assert.ts';
import { type Core, CoreError, type CoreErrorCode, type CoreOptions, type CoreSearch } from '../core.ts';
import { instantiate, type WasmExports } from './module.ts';
import { wasm } from './webassembly.ts';

/** native/wasm/index.cpp; pointers and statuses are numbers. */
interface IndexExports extends WasmExports {
  place(bytes: number): number;
  release(at: number): void;
  error_text(): number;
  instruction_set(): number;
  index_open(...options: number[]): number;
  index_counters(): number;
  index_write(slots: number, n: number, vectors: number): number;
  index_read(slots: number, n: number, out: number): number;
  index_reserve(count: number): number;
  index_remove(slots: number, n: number): number;
  index_score(query: number, slots: number, n: number, out: number): number;
  index_linked_words(out: number, n: number): number;
  pass_result(): number;
  index_link(max: number, timeoutMs: number): number;
  index_repair(max: number, timeoutMs: number, freed: number): number;
  index_search(...search: number[]): number;
  block(): number;
  block_bytes(): number;
  index_take_dirty(arena: number): number;
  dirty_offset(): number;
  dirty_length(): number;
  dirty_bytes(): number;
  index_load(arena: number, offset: number, bytes: number, length: number): number;
  index_loaded(): number;
}

type Numbers = Uint32Array | Float32Array | Uint8Array;

/** By `Status` of native/core/vector_index.hpp. */
const CODES: readonly (CoreErrorCode | null)[] = [
  null,
  'SEXTANT_ARGUMENT',
  'SEXTANT_MEMORY',
  'SEXTANT_IO',
  'SEXTANT_FULL',
];

/** One index in one WebAssembly instance: its memory goes as a whole when the index is closed or collected. */
export class WasmCore implements Core {
  readonly #wasm: IndexExports;
  /** After a trap the instance's memory cannot be trusted. */
  #broken = false;
  readonly #dim: number;

  constructor(monotonicMs: () => number, options: CoreOptions) {
    this.#wasm = instantiate(monotonicMs) as IndexExports;
    const [dim, distance, datatype, m, efConstruct, capacity, quantile, path, count, alive, linked] = options;
    assert(path === undefined, 'the WASM engine cannot map files: give it an ArenaStore');
    this.#dim = dim;
    const head = [dim, distance, datatype, m, efConstruct, capacity, quantile, count];
    this.#with([alive, linked], (aliveAt, linkedAt) => this.#wasm.index_open(...head, aliveAt!, linkedAt!));
  }

  counters(out: Float64Array): void {
    const at = this.#call(() => this.#wasm.index_counters()) >>> 0;
    const view = new DataView(this.#wasm.memory.buffer, at, 40);
    for (let i = 0; i < 4; i++) out[i] = view.getUint32(i * 4, true);
    for (let i = 0; i < 3; i++) out[4 + i] = Number(view.getBigUint64(16 + i * 8, true));
  }

  write(slots: Uint32Array, vectors: Float32Array): void {
    this.#with([slots, vectors], (slotsAt, vectorsAt) =>
      this.#wasm.index_write(slotsAt!, slots.length, vectorsAt!),
    );
  }

  read(slots: Uint32Array, out: Float32Array): void {
    this.#with([slots, out], (slotsAt, outAt) => this.#wasm.index_read(slotsAt!, slots.length, outAt!), out);
  }

  reserve(count: number): void {
    this.#call(() => this.#wasm.index_reserve(count));
  }

  remove(slots: Uint32Array): void {
    this.#with([slots], (slotsAt) => this.#wasm.index_remove(slotsAt!, slots.length));
  }

  score(query: Float32Array, slots: Uint32Array, out: Float32Array): void {
    this.#with(
      [query, slots, out],
      (queryAt, slotsAt, outAt) => this.#wasm.index_score(queryAt!, slotsAt!, slots.length, outAt!),
      out,
    );
  }

  linkedWords(out: Uint32Array): void {
    this.#with([out], (outAt) => this.#wasm.index_linked_words(outAt!, out.length), out);
  }

  /** Inserts up to `max` slots; stops at the deadline. */
  link(max: number, timeoutMs: number): number {
    this.#check(() => this.#wasm.index_link(max, timeoutMs));
    return this.#wasm.pass_result();
  }

  /** Frees `max` tombstones, or none when the deadline came first: what was mended by then need not be mended again. */
  repair(max: number, timeoutMs: number): Uint32Array {
    const freed = new Uint32Array(max);
    this.#with([freed], (at) => this.#wasm.index_repair(max, timeoutMs, at!), freed);
    return freed.subarray(0, this.#wasm.pass_result());
  }

  searchSync(...search: CoreSearch): ArrayBuffer {
    const [queries, topK, ef, flags, oversampling, timeoutMs, allowed, slots] = search;
    const places: Numbers[] = [queries];
    if (allowed !== undefined) places.push(allowed);
    if (slots !== undefined) places.push(slots);
    this.#with(places, (queriesAt, ...rest) => {
      const allowedAt = allowed === undefined ? 0 : rest.shift()!;
      const slotsAt = slots === undefined ? 0 : rest.shift()!;
      return this.#wasm.index_search(
        ...[queriesAt!, queries.length / this.#dim, topK, ef, flags, oversampling, timeoutMs],
        ...[allowedAt, allowed?.length ?? 0, slotsAt, slots?.length ?? 0],
      );
    });
    return this.#copy(this.#wasm.block(), this.#wasm.block_bytes() >>> 0);
  }

  takeDirty(arena: number, offset: Float64Array): ArrayBuffer | undefined {
    this.#check(() => this.#wasm.index_take_dirty(arena));
    const length = this.#wasm.dirty_length() >>> 0;
    if (length === 0) return undefined;
    offset[0] = this.#wasm.dirty_offset();
    return this.#copy(this.#wasm.dirty_bytes(), length);
  }

  load(arena: number, offset: number, bytes: Uint8Array): void {
    this.#with([bytes], (at) => this.#wasm.index_load(arena, offset, at!, bytes.length));
  }

  loaded(): void {
    this.#check(() => this.#wasm.index_loaded());
  }

  close(): void {
    this.#broken = true;
  }

  /** Copies the arrays into linear memory, runs a call on their places, and copies the place of `readBack` out again. */
  #with(arrays: Numbers[], run: (...places: number[]) => number, readBack?: Numbers): void {
    const { place, release, memory } = this.#wasm;
    const places: number[] = [];
    try {
      for (const array of arrays) {
        const at = this.#call(() => place(array.byteLength));
        if (at === 0) throw new CoreError('SEXTANT_MEMORY', 'out of memory');
        places.push(at);
        if (array !== readBack) asBytes(memory.buffer, at, array.byteLength).set(bytesOf(array));
      }
      this.#check(() => run(...places));
      if (readBack === undefined) return;
      const at = places[arrays.indexOf(readBack)]!;
      bytesOf(readBack).set(asBytes(memory.buffer, at, readBack.byteLength));
    } finally {
      if (!this.#broken) for (const at of places) release(at);
    }
  }

  /** Runs a call that answers a status. */
  #check(run: () => number): void {
    const status = this.#call(run);
    if (status === 0) return;
    const memory = new Uint8Array(this.#wasm.memory.buffer);
    const at = this.#wasm.error_text() >>> 0;
    const text = Buffer.from(memory.subarray(at, memory.indexOf(0, at))).toString('latin1');
    throw new CoreError(CODES[status] ?? 'SEXTANT_INTERNAL', text);
  }

  #call(run: () => number): number {
    if (this.#broken) throw new CoreError('SEXTANT_INTERNAL', 'the WebAssembly core has stopped');
    try {
      return run();
    } catch (error) {
      if (!(error instanceof wasm.RuntimeError)) throw error;
      this.#broken = true;
      throw new CoreError('SEXTANT_INTERNAL', `the WebAssembly core has stopped: ${error.message}`);
    }
  }

  #copy(at: number, length: number): ArrayBuffer {
    return this.#wasm.memory.buffer.slice(at >>> 0, (at >>> 0) + length);
  }
}

/** Pointers beyond 2 GiB come out of WebAssembly as negative numbers. */
const asBytes = (buffer: ArrayBuffer, at: number, length: number): Uint8Array =>
  new Uint8Array(buffer, at >>> 0, length);

const bytesOf = (array: Numbers): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** The name of the WASM build's instruction set. */
export function wasmInstructionSet(monotonicMs: () => number): string {
  const exports = instantiate(monotonicMs) as IndexExports;
  const memory = new Uint8Array(exports.memory.buffer);
  const at = exports.instruction_set() >>> 0;
  return Buffer.from(memory.subarray(at, memory.indexOf(0, at))).toString('latin1');
}
