import type { Filter } from '../model/filter.ts';
import type { PointId } from '../model/point-id.ts';
import { comparePointIds } from '../model/point-id.ts';
import type { SlotSet } from '../model/slot-set.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import { matchingSlots } from '../segment/filter.ts';
import { type Place, segmentOf, slotOf } from '../segment/place.ts';
import { must } from '../shared/assert.ts';
import { storedPoint } from './retrieve.ts';
import type { SegmentSet } from './segment-set.ts';
import type { StoredPoint, VectorNames } from './shard-replica.ts';

/** Ids looked at between two turns of the event loop. */
const PAGE = 2000;
/** With fewer matches than this, their ids are fetched and sorted instead of walking all ids in order. */
const SORT_MATCHES_MAX = 5000;

export interface ScrollOptions {
  from: PointId | null;
  limit: number;
  filter: Filter | null;
  vectors: VectorNames;
}

/** The next points in id order at or after `from` that match. */
export async function scrollPoints(
  set: SegmentSet,
  options: ScrollOptions,
  budget: ReadBudget,
): Promise<StoredPoint[]> {
  const { from, filter, vectors, limit } = options;
  if (filter === null) {
    return (await walk(set, from, limit, null, budget)).map((place) => storedPoint(set, place, vectors));
  }
  const matching = await Promise.all(set.segments.map((segment) => matchingSlots(segment, filter, budget)));
  const total = matching.reduce((sum, slots) => sum + slots.count(), 0);
  const places =
    total <= SORT_MATCHES_MAX
      ? sorted(set, matching, from, limit)
      : await walk(set, from, limit, matching, budget);
  return places
    .filter((place) => set.points.row(place) !== undefined)
    .map((place) => storedPoint(set, place, vectors));
}

async function walk(
  set: SegmentSet,
  from: PointId | null,
  limit: number,
  matching: SlotSet[] | null,
  budget: ReadBudget,
): Promise<Place[]> {
  const places: Place[] = [];
  let next = from;
  let skip = false;
  while (places.length < limit) {
    const size = matching === null ? Math.min(PAGE, limit - places.length) : PAGE;
    const page = set.points.page(next, size + 1);
    for (const { place } of skip ? page.slice(1) : page) {
      if (places.length < limit && (matching?.[segmentOf(place)]?.has(slotOf(place)) ?? true))
        places.push(place);
    }
    if (page.length <= size) break;
    next = page.at(-1)!.id;
    skip = true;
    await new Promise((resolve) => setImmediate(resolve));
    budget.check();
  }
  return places;
}

function sorted(set: SegmentSet, matching: SlotSet[], from: PointId | null, limit: number): Place[] {
  const found: { id: PointId; place: Place }[] = [];
  for (const [i, slots] of matching.entries()) {
    const segment = set.segments[i]!;
    for (const slot of slots) {
      const place = segment.placeOf(slot);
      const { id } = must(set.points.row(place), 'a live slot has a row');
      if (from === null || comparePointIds(id, from) >= 0) found.push({ id, place });
    }
  }
  found.sort((a, b) => comparePointIds(a.id, b.id));
  return found.slice(0, limit).map(({ place }) => place);
}
