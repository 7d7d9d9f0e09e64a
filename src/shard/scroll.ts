import type { Filter } from '../model/filter.ts';
import { comparePointIds, type PointId } from '../model/point-id.ts';
import type { SlotSet } from '../model/slot-set.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import { matchingSlots } from '../segment/filter.ts';
import { type Place, segmentOf, slotOf } from '../segment/place.ts';
import { nextTurn } from '../shared/next-turn.ts';
import { storedPoint } from './retrieve.ts';
import type { SegmentSet } from './segment-set.ts';
import type { StoredPoint, VectorNames } from './shard-replica.ts';

/** Ids looked at between two turns of the event loop. */
const PAGE = 500;
/** With fewer matches than this, their ids are fetched and sorted instead of walking all ids in order. */
const SORT_MATCHES_MAX = 5000;

export interface ScrollOptions {
  from: PointId | null;
  limit: number;
  filter: Filter | null;
  vectors: VectorNames;
}

/**
 * The next points in id order at or after `from` that match: fewer than `limit` only when there are no more. A point
 * that is written meanwhile may be there or not.
 */
export async function scrollPoints(
  set: SegmentSet,
  options: ScrollOptions,
  budget: ReadBudget,
): Promise<StoredPoint[]> {
  const { filter } = options;
  if (filter === null) return walk(set, options, null, budget);
  const matching: SlotSet[] = [];
  for (const segment of set.segments) matching.push(await matchingSlots(segment, filter, budget));
  const total = matching.reduce((sum, slots) => sum + slots.count(), 0);
  return total <= SORT_MATCHES_MAX ? sorted(set, options, matching) : walk(set, options, matching, budget);
}

/** Pages through all ids. A page is read in one go, so that its points are there. */
async function walk(
  set: SegmentSet,
  { from, limit, vectors }: ScrollOptions,
  matching: readonly SlotSet[] | null,
  budget: ReadBudget,
): Promise<StoredPoint[]> {
  const points: StoredPoint[] = [];
  const matches = (place: Place): boolean =>
    matching === null || (matching[segmentOf(place)]?.has(slotOf(place)) ?? false);
  for (let next = from; ; ) {
    const size = matching === null ? Math.min(PAGE, limit - points.length) : PAGE;
    const page = set.points.page(next, size + 1);
    for (const { place } of page.slice(0, size)) {
      if (matches(place)) points.push(storedPoint(set, place, vectors));
      if (points.length >= limit) return points;
    }
    const following = page[size];
    if (following === undefined) return points;
    next = following.id;
    await nextTurn();
    budget.check();
  }
}

function sorted(
  set: SegmentSet,
  { from, limit, vectors }: ScrollOptions,
  matching: readonly SlotSet[],
): StoredPoint[] {
  const found: { id: PointId; place: Place }[] = [];
  for (const [i, slots] of matching.entries()) {
    for (const slot of slots) {
      const place = set.segment(i).placeOf(slot);
      const row = set.points.row(place);
      if (row !== undefined && (from === null || comparePointIds(row.id, from) >= 0)) {
        found.push({ id: row.id, place });
      }
    }
  }
  found.sort((a, b) => comparePointIds(a.id, b.id));
  return found.slice(0, limit).map(({ place }) => storedPoint(set, place, vectors));
}
