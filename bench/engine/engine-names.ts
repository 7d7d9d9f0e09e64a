import type { Peer } from './peers.ts';

/** `sextant` is what the server runs: int8 codes drive the walk, the best are rescored. `-f32`: originals drive it. */
export const ENGINE_NAMES = [
  'sextant',
  'sextant-f32',
  'sextant-wasm',
  'sextant-wasm-f32',
  'sextant-reference',
  'hnswlib',
  'usearch',
] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export const isEngineName = (text: string): text is EngineName =>
  (ENGINE_NAMES as readonly string[]).includes(text);

export const peerOf = (name: EngineName): Peer | null =>
  name === 'hnswlib' ? 'hnswlib-node' : name === 'usearch' ? 'usearch' : null;
