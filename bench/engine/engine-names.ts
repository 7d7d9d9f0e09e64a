import type { Peer } from './peers.ts';

/** `-int8`: the walk is driven by int8 codes and the best are rescored on originals. */
export const ENGINE_NAMES = [
  'sextant',
  'sextant-int8',
  'sextant-wasm',
  'sextant-wasm-int8',
  'sextant-reference',
  'hnswlib',
  'usearch',
] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export const isEngineName = (text: string): text is EngineName =>
  (ENGINE_NAMES as readonly string[]).includes(text);

export const peerOf = (name: EngineName): Peer | null =>
  name === 'hnswlib' ? 'hnswlib-node' : name === 'usearch' ? 'usearch' : null;
