import type { CollectionConfig, VectorParams } from '../model/collection-config.ts';
import { SextantError } from '../model/errors.ts';
import type { Json } from '../model/json.ts';
import { jsonText, parseJsonText } from '../model/json-text.ts';

/** A collection as its folder keeps it: `collection.json`, replaced as a whole. */
export interface StoredCollection {
  format: 1;
  name: string;
  config: Omit<CollectionConfig, 'vectors'> & { vectors: [string, VectorParams][] };
}

export function encodeCollection(name: string, config: CollectionConfig): Uint8Array {
  const stored: StoredCollection = { format: 1, name, config: { ...config, vectors: [...config.vectors] } };
  // Metadata may hold integers beyond 2^53.
  return Buffer.from(jsonText(stored as unknown as Json));
}

/** Rejects what is not such a file with `unavailable`, naming it. */
export function decodeCollection(
  path: string,
  bytes: Uint8Array,
): { name: string; config: CollectionConfig } {
  let stored: StoredCollection;
  try {
    stored = parseJsonText(Buffer.from(bytes).toString()) as unknown as StoredCollection;
  } catch (cause) {
    throw new SextantError('unavailable', `${path} is damaged`, { cause });
  }
  if (stored.format !== 1)
    throw new SextantError('unavailable', `${path} has format ${stored.format}, this version reads 1`);
  return { name: stored.name, config: { ...stored.config, vectors: new Map(stored.config.vectors) } };
}
