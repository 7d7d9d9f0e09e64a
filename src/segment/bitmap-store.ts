import type { Records } from '../storage/records/records.ts';
import { bitmapKey } from './keys.ts';
import type { Change } from './point-table.ts';

/** Words per stored block: 4 KiB, 32,768 slots. */
const BLOCK_WORDS = 1024;

/**
 * Bitmaps of one segment as stored blocks. Keeps a copy of what is stored, so that a checkpoint writes only the blocks
 * that differ. A block that is absent is all zero.
 */
export class BitmapStore {
  readonly #segment: number;
  readonly #stored = new Map<string, Uint32Array>();

  constructor(segment: number) {
    this.#segment = segment;
  }

  /** The stored words for `count` slots; the caller owns them. */
  load(records: Records | null, name: string, count: number): Uint32Array {
    const words = new Uint32Array((count + 31) >>> 5);
    const bytes = new Uint8Array(words.buffer);
    for (let block = 0; block * BLOCK_WORDS < words.length && records !== null; block++) {
      const stored = records.get(bitmapKey(this.#segment, name, block));
      if (stored)
        bytes.set(stored.subarray(0, bytes.length - block * BLOCK_WORDS * 4), block * BLOCK_WORDS * 4);
    }
    this.#stored.set(name, words.slice());
    return words;
  }

  /** Changes that make the stored bitmap equal to `words`; they count as stored from now on. */
  save(name: string, words: Uint32Array): Change[] {
    const before = this.#stored.get(name) ?? new Uint32Array(0);
    const changes: Change[] = [];
    for (let start = 0; start < words.length; start += BLOCK_WORDS) {
      const block = words.subarray(start, start + BLOCK_WORDS);
      if (sameWords(block, before.subarray(start, start + BLOCK_WORDS))) continue;
      const bytes = new Uint8Array(block.slice().buffer);
      changes.push([bitmapKey(this.#segment, name, start / BLOCK_WORDS), bytes]);
    }
    this.#stored.set(name, words.slice());
    return changes;
  }
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
