import { assert } from '../../shared/assert.ts';
import { type BodyScan, DEFAULT_BODY_LIMITS } from '../body-scan.ts';
import { call } from '../core-index.ts';
import type { Engine, VectorIndex, VectorIndexOptions } from '../engine.ts';
import { checkBody, readBlock } from '../tape.ts';
import type { Addon } from './addon.ts';
import { NativeIndex } from './native-index.ts';

export class NativeEngine implements Engine {
  readonly kind = 'native';
  readonly instructionSet: string;
  readonly scanBody: BodyScan;
  readonly #addon: Addon;
  #openCount = 0;

  /** The threads are the process's own: the last engine made sets their number. */
  constructor(addon: Addon, threads: number) {
    this.#addon = addon;
    addon.setThreads(threads);
    this.instructionSet = addon.instructionSet();
    this.scanBody = (body, limits = DEFAULT_BODY_LIMITS) => {
      checkBody(body, limits);
      const { depth, containers, scalars } = limits;
      return readBlock(
        call(() => addon.scanBody(body, depth, containers, scalars)),
        body,
      );
    };
  }

  returnFreedMemory(): void {
    this.#addon.returnFreedMemory();
  }

  async openIndex(options: VectorIndexOptions): Promise<VectorIndex> {
    const index = await NativeIndex.open(this.#addon, options, () => void this.#openCount--);
    this.#openCount++;
    return index;
  }

  async close(): Promise<void> {
    assert(this.#openCount === 0, `${this.#openCount} indexes are still open`);
  }
}
