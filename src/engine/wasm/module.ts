import { readFileSync } from 'node:fs';
import { packagePath } from '../package-root.ts';
import { type WasmMemory, type WasmModule, wasm } from './webassembly.ts';

export interface WasmExports {
  readonly memory: WasmMemory;
  [name: string]: unknown;
}

let compiled: WasmModule | undefined;

/** native/wasm/sextant.wasm, compiled once per thread. */
function wasmModule(): WasmModule {
  compiled ??= new wasm.Module(readFileSync(packagePath('native', 'wasm', 'sextant.wasm')));
  return compiled;
}

/** A fresh instance with a memory of its own. `monotonicMs` is the clock its deadlines are measured by. */
export function instantiate(monotonicMs: () => number): WasmExports {
  let memory: WasmMemory | undefined;
  const view = () => new DataView(memory!.buffer);
  // What the core's C library asks of WASI. None of it touches files, the network or the environment.
  const wasi: Record<string, (...args: never[]) => number> = {
    clock_time_get(_clock: number, _precision: bigint, at: number) {
      view().setBigUint64(at, BigInt(Math.round(monotonicMs() * 1e6)), true);
      return DONE;
    },
    environ_sizes_get(countAt: number, bytesAt: number) {
      view().setUint32(countAt, 0, true);
      view().setUint32(bytesAt, 0, true);
      return DONE;
    },
    environ_get: () => DONE,
    proc_exit() {
      throw new wasm.RuntimeError('the WebAssembly core has stopped');
    },
  };
  const given = Object.fromEntries(
    wasm.Module.imports(wasmModule()).map(({ name }) => [name, wasi[name] ?? (() => NOT_SUPPORTED)]),
  );
  const { exports } = new wasm.Instance(wasmModule(), { wasi_snapshot_preview1: given });
  memory = (exports as WasmExports).memory;
  (exports as { _initialize(): void })._initialize();
  return exports as WasmExports;
}

/** WASI error numbers. */
const DONE = 0;
const NOT_SUPPORTED = 58;
