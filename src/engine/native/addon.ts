import { createRequire } from 'node:module';
import type { Core, CoreOptions, CoreSearch } from '../core.ts';
import { packagePath } from '../package-root.ts';

/** What native/addon/ exports. Its errors have the codes of `CoreError`. */
export interface Addon {
  instructionSet(): string;
  setThreads(threads: number): void;
  /** Large blocks that were freed go back to the system at once (glibc), for the whole process. */
  returnFreedMemory(): void;
  scanBody(body: Uint8Array, depth: number, containers: number, scalars: number): ArrayBuffer;
  Index: new (...options: CoreOptions) => NativeCore;
}

export interface NativeCore extends Core {
  search(...search: CoreSearch): Promise<ArrayBuffer>;
  link(max: number, threads: number, cell: Int32Array | undefined): Promise<number>;
  repair(max: number, threads: number, cell: Int32Array | undefined): Promise<ArrayBuffer>;
  sync(): Promise<void>;
}

/** The addon that tools/build-native.mjs made; throws where there is none, or none for this processor or system. */
export function loadAddon(): Addon {
  return createRequire(import.meta.url)(packagePath('build', 'native', 'sextant.node')) as Addon;
}
