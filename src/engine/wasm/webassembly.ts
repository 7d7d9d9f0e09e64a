/** The part of the WebAssembly API that the engine uses; the TypeScript library without `dom` does not know it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}
export type WasmModule = object;

interface WasmApi {
  Module: { new (bytes: Uint8Array): WasmModule; imports(module: WasmModule): { name: string }[] };
  Instance: new (module: WasmModule, imports: object) => { exports: object };
  RuntimeError: new (message: string) => Error;
}

export const wasm: WasmApi = (globalThis as unknown as { WebAssembly: WasmApi }).WebAssembly;
