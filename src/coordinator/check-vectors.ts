import type { CollectionConfig } from '../model/collection-config.ts';
import { badInput } from '../model/errors.ts';
import { DEFAULT_VECTOR, type NamedVectors, type Vector } from '../model/vector.ts';

/** Throws `badInput` unless every vector's name is in the schema and its length fits. */
export function checkVectors(config: CollectionConfig, vectors: NamedVectors): void {
  for (const [name, vector] of vectors) checkVector(config, name, vector);
}

export function checkVector(config: CollectionConfig, name: string, vector: Vector): void {
  checkVectorName(config, name);
  const expected = config.vectors.get(name)!.size;
  if (vector.length !== expected)
    throw badInput(`Vector dimension error: expected dim: ${expected}, got ${vector.length}`);
}

export function checkVectorName(config: CollectionConfig, name: string): void {
  if (!config.vectors.has(name)) throw badInput(`Not existing vector name error: ${name}`);
}

/** The name that `using` means in a query. */
export function checkUsing(config: CollectionConfig, using: string): void {
  if (config.vectors.has(using)) return;
  if (using !== DEFAULT_VECTOR || config.vectors.size === 0)
    throw badInput(`Not existing vector name error: ${using}`);
  const names = [...config.vectors.keys()].map((name) => JSON.stringify(name)).join(', ');
  throw badInput(`Collection requires specified vector name in the request, available names: [${names}]`);
}
