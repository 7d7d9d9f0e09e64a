import type { FilterContext } from '../index/payload/payload-indexes.ts';
import type { Filter } from '../model/filter.ts';
import type { JsonObject } from '../model/json.ts';
import { parsePayload } from '../model/payload.ts';
import type { PointId } from '../model/point-id.ts';
import type { SlotSet } from '../model/slot-set.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import { segmentOf, slotOf } from './place.ts';
import type { Segment } from './segment.ts';

/** Sets of the last few filters that needed a pass over payloads, valid until the segment changes. */
const CACHED_SETS = 16;
const cache = new WeakMap<Segment, Map<string, { changes: number; set: SlotSet }>>();

/** The live slots of the segment that match, exactly. The set is shared: do not change it. */
export async function matchingSlots(segment: Segment, filter: Filter, budget: ReadBudget): Promise<SlotSet> {
  const context = filterContext(segment, budget);
  const indexed = segment.payloadIndexes.resolveIndexed(filter, context);
  if (indexed !== null) return indexed;
  const key = filterKey(filter);
  const sets = cache.get(segment) ?? new Map<string, { changes: number; set: SlotSet }>();
  cache.set(segment, sets);
  const known = sets.get(key);
  if (known !== undefined && known.changes === segment.changes) return known.set;
  const { changes } = segment;
  const set = await segment.payloadIndexes.resolve(filter, context);
  sets.delete(key);
  if (sets.size >= CACHED_SETS) sets.delete(sets.keys().next().value!);
  if (segment.changes === changes) sets.set(key, { changes, set });
  return set;
}

export function filterContext(segment: Segment, budget: ReadBudget): FilterContext {
  return {
    live: segment.live,
    liveCount: segment.liveCount,
    payloadOf: (slot: number): JsonObject | null => {
      const payload = segment.points.row(segment.placeOf(slot))?.payload ?? null;
      return payload && parsePayload(payload);
    },
    slotsOf: (ids: Iterable<PointId>): Uint32Array => {
      const slots: number[] = [];
      for (const id of ids) {
        const place = segment.points.locate(id);
        if (place !== undefined && segmentOf(place) === segment.id) slots.push(slotOf(place));
      }
      return Uint32Array.from(slots).sort();
    },
    slotsWithVector: (name: string): SlotSet | null => {
      const field = segment.fields.get(name);
      return field ? field.present.clone().and(segment.live) : null;
    },
    checkpoint: () => budget.check(),
  };
}

/** Equal text for equal filters. */
function filterKey(filter: Filter): string {
  return JSON.stringify(filter, (_key, value: unknown) => {
    if (typeof value === 'bigint') return { big: String(value) };
    return value instanceof Set ? [...value] : value;
  });
}
