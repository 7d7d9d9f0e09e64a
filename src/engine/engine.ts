import type { Datatype } from '../model/collection-config.ts';
import type { Distance } from '../model/distance.ts';
import type { BodyScan } from './body-scan.ts';

/**
 * What touches every vector: three implementations (native addon, WASM, the slow reference in TypeScript) behind one
 * contract. A similarity is always "bigger is closer" (model/distance.ts). Arguments are checked before anything runs;
 * a bad one throws `AssertionError`, never crashes.
 */
export interface Engine {
  readonly kind: 'native' | 'wasm' | 'reference';
  /** e.g. "avx512-vnni", "avx2", "neon", "scalar", "wasm-simd128", "none". */
  readonly instructionSet: string;
  /** Turns the bytes of a request body into a tree. */
  readonly scanBody: BodyScan;
  openIndex(options: VectorIndexOptions): Promise<VectorIndex>;
  /** Ends its use; indexes must be closed before. Idle native threads stay until the process ends. */
  close(): Promise<void>;
}

export interface VectorIndexOptions {
  dim: number;
  distance: Distance;
  datatype: Datatype;
  /** Links per node above level 0; 0 = no graph is ever built. */
  m: number;
  efConstruct: number;
  /** Slots are below this; virtual memory is reserved for it, nothing is touched. */
  capacity: number;
  /** int8 codes that drive the walk; `quantile` in 0.5..1 clips outliers. null = originals drive it. */
  codes: { quantile: number } | null;
  /** Where the arenas live: null = memory only. Native maps the files at a real path; others write through `ArenaStore`. */
  arenas: { realPath: string } | ArenaStore | null;
  /** State at the last checkpoint; all zero for a new index. Links to slots outside `linked` are ignored and dropped. */
  count: number;
  alive: Uint32Array;
  linked: Uint32Array;
}

/** Byte store for engines that cannot map files: whole arenas are read at open, dirty ranges written at `sync`. */
export interface ArenaStore {
  read(name: ArenaName): Promise<Uint8Array>;
  write(name: ArenaName, offset: number, bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
}
export type ArenaName = 'vectors' | 'codes' | 'links' | 'upper';

/** The vectors of one vector name in one segment, with their codes and graph. Slots are given by the caller. */
export interface VectorIndex {
  /** One more than the highest slot ever written. */
  readonly count: number;
  /** Alive slots that are in the graph / that are not yet. Unlinked alive slots are scanned by every search. */
  readonly linkedCount: number;
  readonly unlinkedCount: number;
  /** Tombstones that still sit in the graph. */
  readonly tombstoneCount: number;
  /** Bytes of memory or mapping in use by vectors, codes and links. */
  readonly bytes: { vectors: number; codes: number; links: number };

  /**
   * Makes room for `count` slots, on disk too: a `write` of slots below cannot fail for want of space afterwards.
   * Throws `SextantError`, kind `insufficientStorage`, when there is none.
   */
  reserve(count: number): void;
  /**
   * Stores `vectors` (slots.length x dim, finite) at new or released slots and makes them alive: cosine vectors are normalised, float16 and
   * uint8 narrowed as Qdrant does. Visible to searches that start later.
   */
  write(slots: Uint32Array, vectors: Float32Array): void;
  /** Vectors as stored, widened to f32 (slots.length x dim). */
  read(slots: Uint32Array): Float32Array;
  /** Tombstones: never returned again; a linked one goes on routing until repaired. Not alive already is fine. */
  remove(slots: Uint32Array): void;
  /** Similarities of one raw query to the slots, exact on originals. */
  score(query: Float32Array, slots: Uint32Array): Float32Array;
  /** A pass of background work: inserts up to `max` unlinked slots into the graph on `threads` threads. Stops early on cancel. */
  link(options: { max: number; threads: number; cancel?: CancelToken }): Promise<{ linked: number }>;
  /**
   * Reconnects the neighbours of up to `max` tombstones in place and takes these out of the graph. Returns the slots
   * that nothing links to any more; the caller may write them again once no search that began before is running.
   */
  repair(options: { max: number; threads: number; cancel?: CancelToken }): Promise<Uint32Array>;
  /** Runs on the engine's own threads (native); the reference and WASM run in slices on the event loop. */
  search(request: SearchRequest): Promise<SearchResult>;
  /** The same on the calling thread, for searches known to be short: nothing else runs meanwhile, `cancel` included. */
  searchSync(request: SearchRequest): SearchResult;
  /** Bitmap words of what is in the graph, for the checkpoint; taken before `sync`. */
  linkedWords(): Uint32Array;
  /** Makes everything written before the call durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface SearchRequest {
  /** Number of queries x dim, raw (not normalised), one after the other. */
  queries: Float32Array;
  topK: number;
  /** Candidates kept by the walk; raised to topK when smaller. */
  ef: number;
  /**
   * `graph`: HNSW walk plus a scan of the unlinked; `expand` adds neighbours-of-neighbours where allowed slots are rare.
   * `plain`: scores every allowed alive slot on originals (an exact scan), or the explicit `slots`.
   */
  strategy: 'graph' | 'plain';
  expand?: boolean;
  /** Bitmap words of allowed slots; absent = all alive. Read for the whole search: do not change it meanwhile. */
  allowed?: Uint32Array;
  /** Plain strategy only: exactly these slots (alive ones are scored). */
  slots?: Uint32Array;
  /** Walk on int8 codes when the index has them (default true) and rescore the candidates on originals (default true). */
  codes?: boolean;
  rescore?: boolean;
  /** Plain strategy: true scans codes first, then rescores topK x oversampling. Default 1. */
  oversampling?: number;
  /** Search only what is in the graph; leaves the unlinked out. */
  linkedOnly?: boolean;
  /** Milliseconds from now after which the search stops and returns what it has with `stopped: 'deadline'`. */
  timeoutMs?: number;
  cancel?: CancelToken;
}

export interface SearchResult {
  /** Per query, best first: hits of query i are at [offsets[i], offsets[i + 1]). Ties: the smaller slot first. */
  offsets: Uint32Array;
  slots: Uint32Array;
  similarities: Float32Array;
  cost: { visited: number; distances: number; rescored: number };
  stopped: 'done' | 'deadline' | 'cancelled';
}

/** A flag that native threads can read: cell 0 of shared memory, non-zero = cancel. */
export interface CancelToken {
  readonly cell: Int32Array;
  cancel(): void;
}
