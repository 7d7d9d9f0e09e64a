import { readFileSync } from 'node:fs';
import { packagePath } from '../package-root.ts';
import { type WasmMemory, type WasmModule, wasm } from './webassembly.ts';

/** The part of WASI that the core's C library asks for. None of it touches files, the network or the environment. */
const ERROR_NOT_SUPPORTED = 58;

let compiled: WasmModule | undefined;

/** Compiles native/wasm/sextant.wasm once per thread. */
export function wasmModule(): WasmModule {
  compiled ??= new wasm.Module(readFileSync(packagePath('native', 'wasm', 'sextant.wasm')));
  return compiled;
}

export interface WasmExports {
  readonly memory: WasmMemory;
  [name: string]: unknown;
}

/** A fresh instance with a memory of its own. `monotonicMs` is the clock its deadlines are measured by. */
export function instantiate(monotonicMs: () => number): WasmExports {
  let memory: WasmMemory | undefined;
  const view = () => new DataView(memory!.buffer);
  const wasi: Record<string, (...args: never[]) => number> = {
    clock_time_get: (_clock: number, _precision: bigint, at: number) => {
      view().setBigUint64(at, BigInt(Math.round(monotonicMs() * 1e6)), true);
      return 0;
    },
  };
  const refuse = () => ERROR_NOT_SUPPORTED;
  const imports = wasm.Module.imports(wasmModule());
  const given = Object.fromEntries(imports.map(({ name }) => [name, wasi[name] ?? refuse]));
  const instance = new wasm.Instance(wasmModule(), { wasi_snapshot_preview1: given });
  const exports = instance.exports as unknown as WasmExports;
  memory = exports.memory;
  (exports['_initialize'] as () => void)();
  return exports;
}
