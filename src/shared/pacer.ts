import { nextTurn } from './next-turn.ts';

/** How long one stretch of work may hold the event loop. */
const SLICE_MS = 5;

/** Breaks long loops into slices: `if (pacer.due()) await pacer.rest()` lets the event loop run in between. */
export class Pacer {
  #sliceStart = performance.now();

  due(): boolean {
    return performance.now() - this.#sliceStart > SLICE_MS;
  }

  async rest(): Promise<void> {
    await nextTurn();
    this.#sliceStart = performance.now();
  }
}
