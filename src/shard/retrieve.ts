import type { PointId } from '../model/point-id.ts';
import { type Place, segmentOf, slotOf } from '../segment/place.ts';
import { must } from '../shared/assert.ts';
import { Pacer } from '../shared/pacer.ts';
import type { SegmentSet } from './segment-set.ts';
import type { StoredPoint, VectorNames } from './shard-replica.ts';

/** Points of `ids` that exist, in the order asked, each once. */
export async function retrievePoints(
  set: SegmentSet,
  ids: readonly PointId[],
  vectors: VectorNames,
): Promise<StoredPoint[]> {
  const points: StoredPoint[] = [];
  const pacer = new Pacer();
  for (const id of new Set(ids)) {
    const place = set.points.locate(id);
    if (place !== undefined) points.push(storedPoint(set, place, vectors));
    if (pacer.due()) await pacer.rest();
  }
  return points;
}

export function storedPoint(set: SegmentSet, place: Place, vectors: VectorNames): StoredPoint {
  const { id, version, payload } = must(set.points.row(place), 'a located point has a row');
  const segment = set.segment(segmentOf(place));
  return {
    id,
    version,
    payload,
    vectors: vectors === null ? null : segment.vectorsOf(slotOf(place), vectors),
  };
}
