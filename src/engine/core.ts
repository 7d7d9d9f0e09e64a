import { SextantError } from '../model/errors.ts';
import { AssertionError } from '../shared/assert.ts';
import { DATATYPE_CODES, DISTANCE_CODES } from './check.ts';
import type { VectorIndexOptions } from './engine.ts';

/**
 * The C++ index as the addon and the WASM wrapper offer it: the same functions, all on the calling thread. Throws a
 * `CoreError`; `core-index.ts` turns that into the errors of the contract.
 */
export interface Core {
  /** count, linked, unlinked, tombstones, bytes of vectors, codes, links. */
  counters(out: Float64Array): void;
  reserve(count: number): void;
  write(slots: Uint32Array, vectors: Float32Array): void;
  read(slots: Uint32Array, out: Float32Array): void;
  remove(slots: Uint32Array): void;
  score(query: Float32Array, slots: Uint32Array, out: Float32Array): void;
  linkedWords(out: Uint32Array): void;
  searchSync(...search: CoreSearch): ArrayBuffer;
  /** A copy of the next dirty range of a memory-only arena, its offset in `offset[0]`; undefined = all clean. */
  takeDirty(arena: number, offset: Float64Array): ArrayBuffer | undefined;
  load(arena: number, offset: number, bytes: Uint8Array): void;
  loaded(): void;
  close(): void;
}

export type CoreSearch = [
  queries: Float32Array,
  topK: number,
  ef: number,
  flags: number,
  oversampling: number,
  timeoutMs: number,
  allowed: Uint32Array | undefined,
  slots: Uint32Array | undefined,
  cell: Int32Array | undefined,
];

export type CoreOptions = [
  dim: number,
  distance: number,
  datatype: number,
  m: number,
  efConstruct: number,
  capacity: number,
  quantile: number,
  path: string | undefined,
  count: number,
  alive: Uint32Array,
  linked: Uint32Array,
];

/** What the core can do at most; more is asked for in vain, not in error. */
const M_MAX = 1024;
const EF_CONSTRUCT_MAX = 1 << 20;

export function coreOptions(options: VectorIndexOptions, path: string | undefined): CoreOptions {
  return [
    options.dim,
    DISTANCE_CODES[options.distance],
    DATATYPE_CODES[options.datatype],
    Math.min(options.m, M_MAX),
    Math.min(options.efConstruct, EF_CONSTRUCT_MAX),
    options.capacity,
    options.codes?.quantile ?? 0,
    path,
    options.count,
    options.alive,
    options.linked,
  ];
}

export type CoreErrorCode =
  | 'SEXTANT_ARGUMENT'
  | 'SEXTANT_CLOSED'
  | 'SEXTANT_FULL'
  | 'SEXTANT_MEMORY'
  | 'SEXTANT_IO'
  | 'SEXTANT_INTERNAL';

export class CoreError extends Error {
  readonly code: CoreErrorCode;

  constructor(code: CoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The contract's error for one of a core; anything else stays what it is. */
export function fromCore(error: unknown): unknown {
  const { code, message } = error as { code?: CoreErrorCode; message?: string };
  switch (code) {
    case 'SEXTANT_ARGUMENT':
    case 'SEXTANT_CLOSED':
    case 'SEXTANT_FULL':
      return new AssertionError(message);
    case 'SEXTANT_MEMORY':
      return new SextantError('insufficientStorage', `vector index: ${message}`, { cause: error });
    case 'SEXTANT_IO': {
      const full = message?.includes('No space left') === true;
      return new SextantError(full ? 'insufficientStorage' : 'unavailable', `vector index: ${message}`, {
        cause: error,
      });
    }
    case 'SEXTANT_INTERNAL':
      return new SextantError('internal', `vector index: ${message}`, { cause: error });
    default:
      return error;
  }
}
