import type { Clock } from '../shared/clock.ts';
import { systemClock } from '../shared/clock.ts';
import type { Engine } from './engine.ts';
import { type Addon, loadAddon } from './native/addon.ts';
import { NativeEngine } from './native/native-engine.ts';
import { ReferenceEngine } from './reference/reference-engine.ts';
import { WasmEngine } from './wasm/wasm-engine.ts';

export interface EngineOptions {
  /** The engine to use; absent = native where it is built, else WASM. Native that cannot be had becomes WASM, too. */
  prefer?: Engine['kind'];
  /** Threads for searches and graph building (native only); the last engine opened sets them for the process. */
  threads: number;
  /** Instruction set to force, see `Engine.instructionSet`; has to come before the process's first engine. */
  simd?: string;
  /** The process is a server: memory that was freed goes back to the system (native on glibc only). Default false. */
  ownsProcess?: boolean;
  /** Gets one line when the engine is not the one that was asked for, or not the fastest. */
  onNotice?: (line: string) => void;
  clock?: Clock;
}

/** Chooses and starts an engine. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const { prefer = 'native', threads, simd, onNotice = () => undefined, clock = systemClock } = options;
  const engine = makeEngine(prefer, threads, simd, onNotice, clock);
  if (options.ownsProcess === true && engine instanceof NativeEngine) engine.returnFreedMemory();
  if (simd !== undefined && simd !== engine.instructionSet) {
    onNotice(`instruction set ${simd} is not to be had here: ${engine.instructionSet} is used`);
  }
  return engine;
}

function makeEngine(
  prefer: Engine['kind'],
  threads: number,
  simd: string | undefined,
  onNotice: (line: string) => void,
  clock: Clock,
): Engine {
  if (prefer === 'reference') return new ReferenceEngine(clock);
  if (prefer === 'native') {
    const addon = tryAddon(simd, onNotice);
    if (addon !== null) return new NativeEngine(addon, threads);
  }
  return new WasmEngine(clock);
}

function tryAddon(simd: string | undefined, onNotice: (line: string) => void): Addon | null {
  // The core reads it once, when it first needs a kernel.
  if (simd !== undefined) process.env.SEXTANT_SIMD = simd;
  try {
    return loadAddon();
  } catch (error) {
    const code = (error as { code?: string }).code;
    const reason = code === 'MODULE_NOT_FOUND' ? 'it is not built' : (error as Error).message.split('\n')[0];
    onNotice(`the native core cannot be used (${reason}): the WebAssembly core is used`);
    return null;
  }
}
