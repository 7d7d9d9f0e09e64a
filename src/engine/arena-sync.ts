import type { Core } from './core.ts';
import type { ArenaName, ArenaStore } from './engine.ts';

/** In the order of the core's `Arena`. */
const ARENAS: readonly ArenaName[] = ['vectors', 'codes', 'links', 'upper'];

/** Puts what the store holds back into a core that was just opened with a count above zero. */
export async function loadArenas(core: Core, store: ArenaStore): Promise<void> {
  for (const [arena, name] of ARENAS.entries()) {
    const bytes = await store.read(name);
    if (bytes.length > 0) core.load(arena, 0, bytes);
  }
  core.loaded();
}

/**
 * Ranges start at multiples of this, and all but an arena's last end at one. The last is filled up with zeros, for an
 * engine that maps the files takes whole steps of this size only (native/core/arena_mmap.cpp).
 */
const STEP_BYTES = 1 << 16;

interface DirtyRange {
  name: ArenaName;
  offset: number;
  bytes: Uint8Array;
}

/** Writes what changed in a core's arenas to a store. A range that could not be written is written by the next sync. */
export class ArenaSync {
  readonly #core: Core;
  readonly #store: ArenaStore;
  #owed: DirtyRange[] = [];

  constructor(core: Core, store: ArenaStore) {
    this.#core = core;
    this.#store = store;
  }

  /** Not to be called again before it is done. */
  async sync(): Promise<void> {
    const owed = this.#owed;
    this.#owed = [];
    // Old ranges first: newer bytes of the same place must win.
    for (const [at, range] of owed.entries()) await this.#write(range, owed.slice(at));
    for (const [arena, name] of ARENAS.entries()) await this.#sweep(arena, name);
    await this.#store.sync();
  }

  /**
   * Once around the arena, from where the core looks next: work that goes on meanwhile makes new ranges dirty, and
   * would keep a sync that waits for the last of them busy for ever.
   */
  async #sweep(arena: number, name: ArenaName): Promise<void> {
    const offset = new Float64Array(1);
    let first: number | null = null;
    let last = -1;
    let wrapped = false;
    for (;;) {
      const bytes = this.#core.takeDirty(arena, offset);
      if (bytes === undefined) return;
      const range = { name, offset: offset[0]!, bytes: new Uint8Array(bytes) };
      const parts = [range, ...fillUp(range)];
      for (const [at, part] of parts.entries()) await this.#write(part, parts.slice(at));
      first ??= range.offset;
      wrapped ||= range.offset < last;
      last = range.offset;
      if (wrapped && range.offset >= first) return;
    }
  }

  async #write(range: DirtyRange, owedOnFailure: DirtyRange[]): Promise<void> {
    try {
      await this.#store.write(range.name, range.offset, range.bytes);
    } catch (error) {
      this.#owed.push(...owedOnFailure);
      throw error;
    }
  }
}

function fillUp({ name, offset, bytes }: DirtyRange): DirtyRange[] {
  const rest = bytes.length % STEP_BYTES;
  if (rest === 0) return [];
  return [{ name, offset: offset + bytes.length, bytes: new Uint8Array(STEP_BYTES - rest) }];
}
