import type { Engine, VectorIndex } from '../engine/engine.ts';
import type { SlotSet } from '../model/slot-set.ts';
import type { Files } from '../storage/files/files.ts';
import type { CodesPolicy, FieldParams } from './field-params.ts';
import { FileArenas } from './file-arenas.ts';

/** What was built, so that an open with other parameters drops the graph and codes and builds them again. */
export interface BuiltWith {
  m: number;
  efConstruct: number;
  codes: CodesPolicy;
}

/** One vector name of a segment: which slots have such a vector, and its index. */
export class VectorField {
  readonly name: string;
  readonly #engine: Engine;
  readonly #files: Files;
  readonly #path: string;
  readonly #capacity: number;
  /** Slots that have this vector, dead ones included until they are written again. */
  readonly present: SlotSet;
  #params: FieldParams;
  #opened: OpenedIndex;
  #abandoned = false;

  private constructor(options: FieldOptions, present: SlotSet, opened: OpenedIndex) {
    this.name = options.name;
    this.#engine = options.engine;
    this.#files = options.files;
    this.#path = options.path;
    this.#capacity = options.capacity;
    this.#params = options.params;
    this.present = present;
    this.#opened = opened;
  }

  /** `linked` is ignored (the graph is built anew) unless the stored graph was built with the same parameters. */
  static async open(options: FieldOptions, state: FieldState): Promise<VectorField> {
    const rebuild =
      state.count > 0 && (state.builtWith === null || !sameBuild(state.builtWith, builtWith(options.params)));
    if (rebuild) await removeGraph(options.files, options.path);
    const linked = rebuild ? new Uint32Array(state.linked.length) : state.linked;
    const alive = state.present.clone().and(state.live);
    // The last slots of the segment may have no such vector: then the arenas end before them.
    const count = Math.max(slotsIn(state.present.words), slotsIn(linked));
    return new VectorField(options, state.present, await openIndex(options, count, alive.words, linked));
  }

  get index(): VectorIndex {
    return this.#opened.index;
  }

  /** Nothing may run on the index any more. */
  async close(): Promise<void> {
    await closeIndex(this.#opened);
  }

  get params(): FieldParams {
    return this.#params;
  }

  /** What a checkpoint keeps of the graph; null when its files may be gone by the next open. */
  get builtWith(): BuiltWith | null {
    return this.#abandoned ? null : builtWith(this.#params);
  }

  /** Bitmap words of what a checkpoint may say is in the graph. */
  storedLinks(): Uint32Array {
    const words = this.#opened.index.linkedWords();
    return this.#abandoned ? words.fill(0) : words;
  }

  /**
   * True when other parameters need another graph. Then no checkpoint tells of the one that is there any more, until
   * `reconfigure` has replaced it.
   */
  abandonGraph(params: FieldParams): boolean {
    this.#abandoned ||= !sameBuild(builtWith(params), builtWith(this.#params));
    return this.#abandoned;
  }

  /** Kilobytes of original vectors in the index. */
  get kilobytes(): number {
    const { linkedCount, unlinkedCount } = this.#opened.index;
    const width = this.#params.datatype === 'float32' ? 4 : this.#params.datatype === 'float16' ? 2 : 1;
    return ((linkedCount + unlinkedCount) * this.#params.dim * width) / 1024;
  }

  /**
   * New parameters from now on. Of an abandoned graph a checkpoint has been written before; a new index over the same vectors takes over, whose
   * points are scanned until the graph is built again. Returns how to close the index that went out of use, for when
   * no search runs on it any more. `live` are the segment's live slots.
   */
  async reconfigure(params: FieldParams, live: SlotSet): Promise<(() => Promise<void>) | null> {
    const replace = this.abandonGraph(params);
    this.#params = params;
    if (!replace) return null;
    const former = this.#opened;
    await former.index.sync();
    await removeGraph(this.#files, this.#path);
    const alive = this.present.clone().and(live);
    const options = {
      engine: this.#engine,
      files: this.#files,
      path: this.#path,
      name: this.name,
      params,
      capacity: this.#capacity,
    };
    this.#opened = await openIndex(options, former.index.count, alive.words, new Uint32Array(0));
    this.#abandoned = false;
    return () => closeIndex(former);
  }
}

export interface FieldOptions {
  engine: Engine;
  files: Files;
  /** Prefix of the arena files. */
  path: string;
  name: string;
  params: FieldParams;
  capacity: number;
}

export interface FieldState {
  count: number;
  live: SlotSet;
  present: SlotSet;
  linked: Uint32Array;
  builtWith: BuiltWith | null;
}

const builtWith = (params: FieldParams): BuiltWith => ({
  m: params.m,
  efConstruct: params.efConstruct,
  codes: params.codes,
});

const sameBuild = (a: BuiltWith, b: BuiltWith): boolean =>
  a.m === b.m && a.efConstruct === b.efConstruct && a.codes?.quantile === b.codes?.quantile;

interface OpenedIndex {
  index: VectorIndex;
  /** Set when the engine cannot map files. */
  arenas: FileArenas | null;
}

async function closeIndex(opened: OpenedIndex): Promise<void> {
  await opened.index.close();
  await opened.arenas?.close();
}

async function openIndex(
  options: FieldOptions,
  count: number,
  alive: Uint32Array,
  linked: Uint32Array,
): Promise<OpenedIndex> {
  const { params } = options;
  const realPath = options.files.realPath(options.path);
  const mapped = realPath !== null && options.engine.kind === 'native';
  const arenas = mapped ? null : new FileArenas(options.files, options.path);
  const index = await options.engine.openIndex({
    dim: params.dim,
    distance: params.distance,
    datatype: params.datatype,
    m: params.m,
    efConstruct: params.efConstruct,
    codes: params.codes,
    capacity: options.capacity,
    arenas: mapped ? { realPath } : arenas,
    count,
    alive: sized(alive, count),
    linked: sized(linked, count),
  });
  return { index, arenas };
}

/** One more than the highest slot in the bitmap. */
function slotsIn(words: Uint32Array): number {
  const last = words.findLastIndex((word) => word !== 0);
  return last < 0 ? 0 : last * 32 + 32 - Math.clz32(words[last]!);
}

/** Exactly the words that `count` slots take. */
function sized(words: Uint32Array, count: number): Uint32Array {
  const out = new Uint32Array((count + 31) >>> 5);
  out.set(words.subarray(0, out.length));
  return out;
}

async function removeGraph(files: Files, path: string): Promise<void> {
  for (const arena of ['codes', 'links', 'upper']) await files.remove(`${path}.${arena}`);
}
