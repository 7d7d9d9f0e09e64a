import type { FilterContext } from '../index/payload/payload-indexes.ts';
import type { Condition, Filter } from '../model/filter.ts';
import type { JsonObject } from '../model/json.ts';
import { parsePayload } from '../model/payload.ts';
import type { PointId } from '../model/point-id.ts';
import type { SlotSet } from '../model/slot-set.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import { Pacer } from '../shared/pacer.ts';
import { segmentOf, slotOf } from './place.ts';
import type { Segment } from './segment.ts';

/** Sets of the last few filters that needed a pass over payloads, valid until the segment changes. */
const CACHED_SETS = 16;
const cache = new WeakMap<Segment, Map<string, { changes: number; set: SlotSet }>>();

/** The live slots of the segment that match, exactly. The set is shared: do not change it. */
export async function matchingSlots(segment: Segment, filter: Filter, budget: ReadBudget): Promise<SlotSet> {
  const located = await locateListed(segment, filter, budget);
  const context = filterContext(segment, budget, located);
  const indexed = segment.payloadIndexes.resolveIndexed(filter, context);
  if (indexed !== null) return indexed;
  const key = filterKey(filter);
  const sets = cache.get(segment) ?? new Map<string, { changes: number; set: SlotSet }>();
  cache.set(segment, sets);
  const known = sets.get(key);
  if (known !== undefined && known.changes === segment.changes) return known.set;
  const { changes } = segment;
  const seen = segment.live.clone();
  const set = await segment.payloadIndexes.resolve(filter, context);
  if (segment.changes !== changes) await addNewcomers(segment, filter, { seen, set }, budget);
  sets.delete(key);
  if (sets.size >= CACHED_SETS) sets.delete(sets.keys().next().value!);
  if (segment.changes === changes) sets.set(key, { changes, set });
  return set;
}

/** Passes over what came while the one before ran; each is over soon, as it looks at the newcomers alone. */
const NEWCOMER_PASSES_MAX = 3;

/**
 * Adds the points that came to the segment since it held `seen`: else a point that is overwritten while a filter is
 * resolved would match neither at its former slot nor at its new one.
 */
async function addNewcomers(
  segment: Segment,
  filter: Filter,
  { seen, set }: { seen: SlotSet; set: SlotSet },
  budget: ReadBudget,
): Promise<void> {
  for (let pass = 0; pass < NEWCOMER_PASSES_MAX; pass++) {
    const ids = new Set<PointId>();
    for (const slot of segment.live.clone().andNot(seen)) {
      seen.add(slot);
      const row = segment.points.row(segment.placeOf(slot));
      if (row !== undefined) ids.add(row.id);
    }
    if (ids.size === 0) break;
    const among: Filter = {
      must: [
        { kind: 'hasId', ids },
        { kind: 'filter', filter },
      ],
      should: [],
      mustNot: [],
      minShould: null,
    };
    const context = filterContext(segment, budget, await locateListed(segment, among, budget));
    set.or(await segment.payloadIndexes.resolve(among, context));
  }
  set.and(segment.live);
}

/** Slots of the ids of a condition, found before the filter is resolved. */
type Located = ReadonlyMap<unknown, Uint32Array>;
/** Lists of ids longer than this are looked up in slices before; shorter ones on the way. */
const LOCATED_ON_THE_WAY_MAX = 500;

/** Looks up the long id lists of a filter, letting the event loop run in between. */
async function locateListed(segment: Segment, filter: Filter, budget: ReadBudget): Promise<Located> {
  const located = new Map<unknown, Uint32Array>();
  for (const condition of allConditions(filter)) {
    if (condition.kind !== 'hasId' || condition.ids.size <= LOCATED_ON_THE_WAY_MAX) continue;
    located.set(condition.ids, await locateAll(segment, condition.ids, budget));
  }
  return located;
}

/** Starts over when points moved meanwhile; the last time without a pause, so that it ends. */
async function locateAll(
  segment: Segment,
  ids: ReadonlySet<PointId>,
  budget: ReadBudget,
): Promise<Uint32Array> {
  for (let attempts = 3; ; attempts--) {
    const { changes } = segment;
    const pacer = new Pacer();
    const slots: number[] = [];
    for (const id of ids) {
      const slot = slotIn(segment, id);
      if (slot !== null) slots.push(slot);
      if (attempts === 0 || !pacer.due()) continue;
      await pacer.rest();
      budget.check();
    }
    if (segment.changes === changes) return Uint32Array.from(slots).sort();
  }
}

function* allConditions(filter: Filter): Iterable<Condition> {
  const { must, should, mustNot, minShould } = filter;
  for (const condition of [...must, ...should, ...mustNot, ...(minShould?.conditions ?? [])]) {
    yield condition;
    if (condition.kind === 'filter') yield* allConditions(condition.filter);
  }
}

function slotIn(segment: Segment, id: PointId): number | null {
  const place = segment.points.locate(id);
  return place !== undefined && segmentOf(place) === segment.id ? slotOf(place) : null;
}

export function filterContext(
  segment: Segment,
  budget: ReadBudget,
  located: Located = new Map(),
): FilterContext {
  return {
    live: segment.live,
    liveCount: segment.liveCount,
    payloadOf: (slot: number): JsonObject | null => {
      const payload = segment.points.row(segment.placeOf(slot))?.payload ?? null;
      return payload && parsePayload(payload);
    },
    slotsOf: (ids: Iterable<PointId>): Uint32Array => {
      const known = located.get(ids);
      if (known !== undefined) return known.filter((slot) => segment.live.has(slot));
      return Uint32Array.from(
        [...ids].map((id) => slotIn(segment, id)).filter((slot) => slot !== null),
      ).sort();
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
