import type { CollectionDefaults } from '../collection/defaults.ts';
import type { LogLevel } from '../observability/logger.ts';

/** Which engine core to use; `auto`: native where it is built, else WASM. */
export type EngineCore = 'auto' | 'native' | 'wasm' | 'reference';
export const ENGINE_CORES: readonly EngineCore[] = ['auto', 'native', 'wasm', 'reference'];

/** Everything that can be set from outside, checked; made by `loadConfig`, read by `main.ts` alone. */
export interface Config {
  log: { level: LogLevel; format: 'text' | 'json' };
  service: {
    host: string;
    httpPort: number;
    requestBytesMax: number;
    enableCors: boolean;
  };
  storage: {
    path: string;
    searchTimeoutMs: number;
  };
  collectionDefaults: CollectionDefaults;
  engine: {
    core: EngineCore;
    /** 0 = as many as there are processors. */
    threads: number;
    /** Instruction set to force; null = the best there is. */
    simd: string | null;
  };
}

/** A setting that stops the start; the message names the key, where it was given and what is expected. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}
