import type { Filter } from '../model/filter.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import { filterContext, matchingSlots } from '../segment/filter.ts';
import type { SegmentSet } from './segment-set.ts';

/** Points that match; estimated from the payload indexes alone when not `exact`. */
export async function countPoints(
  set: SegmentSet,
  filter: Filter | null,
  exact: boolean,
  budget: ReadBudget,
): Promise<number> {
  let total = 0;
  for (const segment of set.segments) {
    if (filter === null) total += segment.liveCount;
    else if (exact) total += (await matchingSlots(segment, filter, budget)).count();
    else total += segment.payloadIndexes.estimate(filter, filterContext(segment, budget)).expected;
  }
  return Math.round(total);
}
