import type { Clock } from '../shared/clock.ts';
import { systemClock } from '../shared/clock.ts';
import type { Engine } from './engine.ts';
import { ReferenceEngine } from './reference/reference-engine.ts';

export interface EngineOptions {
  /** The engine to use; absent = native where it is built, else WASM. */
  prefer?: Engine['kind'];
  /** Threads for searches and graph building (native). */
  threads: number;
  /** Instruction set to force, see `Engine.instructionSet`; an unknown or unsupported one is ignored with a notice. */
  simd?: string;
  /** Gets one line when the engine is not the one that was asked for, or not the fastest. */
  onNotice?: (line: string) => void;
  clock?: Clock;
}

export async function openEngine(options: EngineOptions): Promise<Engine> {
  return new ReferenceEngine(options.clock ?? systemClock);
}
