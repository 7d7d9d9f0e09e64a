import type { ArenaName, ArenaStore } from '../engine.ts';

/** Numbers in 0..1 from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Vectors around 20 centres, the same centres for every seed. */
export function clusteredVectors(count: number, dim: number, seed: number): Float32Array {
  const centreOf = randomNumbers(1234);
  const centres = Float32Array.from({ length: 20 * dim }, () => centreOf() * 2 - 1);
  const random = randomNumbers(seed);
  const out = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    const centre = Math.floor(random() * 20) * dim;
    for (let d = 0; d < dim; d++) out[i * dim + d] = centres[centre + d]! + (random() + random() - 1) * 0.4;
  }
  return out;
}

/** An `ArenaStore` that keeps what was written; the next `failures` writes fail. */
export class MemoryArenas implements ArenaStore {
  failures = 0;
  readonly #arenas = new Map<ArenaName, Uint8Array>();

  async read(name: ArenaName): Promise<Uint8Array> {
    return this.#arenas.get(name)?.slice() ?? new Uint8Array();
  }

  async write(name: ArenaName, offset: number, bytes: Uint8Array): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.failures > 0) {
      this.failures--;
      throw new Error('no room');
    }
    const before = this.#arenas.get(name) ?? new Uint8Array();
    const after = new Uint8Array(Math.max(before.length, offset + bytes.length));
    after.set(before);
    after.set(bytes, offset);
    this.#arenas.set(name, after);
  }

  async sync(): Promise<void> {}
}
