import { assert } from '../../shared/assert.ts';
import type { Clock } from '../../shared/clock.ts';
import type { BodyScan } from '../body-scan.ts';
import type { Engine, VectorIndex, VectorIndexOptions } from '../engine.ts';
import { wasmBodyScan } from './scan-body.ts';
import { wasmInstructionSet } from './wasm-core.ts';
import { WasmIndex } from './wasm-index.ts';

/** The core as WebAssembly: needs no compiler, has one thread, and at most 4 GiB per index. */
export class WasmEngine implements Engine {
  readonly kind = 'wasm';
  readonly instructionSet: string;
  readonly scanBody: BodyScan;
  readonly #clock: Clock;
  #openCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.instructionSet = wasmInstructionSet(() => clock.monotonicMs());
    this.scanBody = wasmBodyScan(() => clock.monotonicMs());
  }

  async openIndex(options: VectorIndexOptions): Promise<VectorIndex> {
    const index = await WasmIndex.open(options, this.#clock, () => void this.#openCount--);
    this.#openCount++;
    return index;
  }

  async close(): Promise<void> {
    assert(this.#openCount === 0, `${this.#openCount} indexes are still open`);
  }
}
