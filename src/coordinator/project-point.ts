import type { CollectionConfig } from '../model/collection-config.ts';
import { selectPayload } from '../model/payload.ts';
import type { PayloadSelector, PointRecord, VectorSelector } from '../model/point.ts';
import type { StoredPoint, VectorNames } from '../shard/shard-replica.ts';

/** The names that a selector reads; unknown ones are passed over, as Qdrant does. */
export function vectorNames(config: CollectionConfig, selector: VectorSelector): VectorNames {
  if (selector === true) return [...config.vectors.keys()];
  return selector === false ? null : selector.filter((name) => config.vectors.has(name));
}

/** What the client asked for of a stored point. */
export function projectPoint(point: StoredPoint, withPayload: PayloadSelector): PointRecord {
  const payload = withPayload === false ? null : selectPayload(point.payload, withPayload);
  return { id: point.id, payload, vectors: point.vectors };
}
