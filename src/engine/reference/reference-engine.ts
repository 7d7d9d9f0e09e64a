import { assert } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Engine, VectorIndex, VectorIndexOptions } from '../engine.ts';
import { ReferenceIndex } from './reference-index.ts';
import { scanBody } from './scan-body.ts';

/** Needs nothing but TypeScript; for tests, and the oracle for the other two engines. */
export class ReferenceEngine implements Engine {
  readonly kind = 'reference';
  readonly instructionSet = 'none';
  readonly scanBody = scanBody;
  readonly #clock: Clock;
  #openCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async openIndex(options: VectorIndexOptions): Promise<VectorIndex> {
    const context = { clock: this.#clock, onClose: () => void this.#openCount-- };
    const index = await ReferenceIndex.open(options, context);
    this.#openCount++;
    return index;
  }

  async close(): Promise<void> {
    assert(this.#openCount === 0, `${this.#openCount} indexes are still open`);
  }
}
