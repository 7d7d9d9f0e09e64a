import { biggerIsBetter } from '../model/distance.ts';
import type { Condition, Filter } from '../model/filter.ts';
import type { PointId } from '../model/point-id.ts';
import type { SlotSet } from '../model/slot-set.ts';
import { mergeHits } from '../query/merge.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import { matchingSlots } from '../segment/filter.ts';
import { segmentOf, slotOf } from '../segment/place.ts';
import { type SearchTrace, type SegmentHits, searchSegment } from '../segment/search.ts';
import type { Segment } from '../segment/segment.ts';
import { Pacer } from '../shared/pacer.ts';
import { storedPoint } from './retrieve.ts';
import type { SegmentSet } from './segment-set.ts';
import type { ShardHit, VectorNames } from './shard-replica.ts';

/** Nearest points over all segments, best first. */
export async function searchShard(
  set: SegmentSet,
  plan: NearestPlan,
  vectors: VectorNames,
  budget: ReadBudget,
): Promise<{ hits: ShardHit[]; traces: SearchTrace[] }> {
  const wanted = plan.exclude === null ? plan : { ...plan, topK: plan.topK + 1 };
  const { segments } = set;
  const began = set.moved.now;
  const found = await Promise.all(segments.map((segment) => searchSegment(segment, wanted, budget)));
  const lists: ShardHit[][] = [];
  for (const [i, hits] of found.entries()) lists.push(await rows(segments[i]!, hits, plan, vectors, budget));
  const moved = await movedHits(set, began, plan, vectors, budget);
  if (moved.length > 0) lists.push(moved);
  const traces = found.map(({ trace }) => trace);
  if (lists.length === 1) return { hits: lists[0]!.slice(0, plan.topK), traces };
  const { distance } = segments[0]!.fields.get(plan.field)!.params;
  return { hits: mergeHits(lists, plan.topK, biggerIsBetter(distance)), traces };
}

/** In slices: a result may be as large as the segment. */
async function rows(
  segment: Segment,
  found: SegmentHits,
  plan: NearestPlan,
  vectors: VectorNames,
  budget: ReadBudget,
): Promise<ShardHit[]> {
  const hits: ShardHit[] = [];
  const pacer = new Pacer();
  for (const [i, slot] of found.slots.entries()) {
    const row = segment.points.row(segment.placeOf(slot));
    if (row === undefined || row.id === plan.exclude) continue;
    hits.push({
      id: row.id,
      version: row.version,
      payload: row.payload,
      vectors: vectors === null ? null : segment.vectorsOf(slot, vectors),
      similarity: found.similarities[i]!,
    });
    if (!pacer.due()) continue;
    await pacer.rest();
    budget.check();
  }
  return hits;
}

/** Looks again at points that were overwritten since the search began; each look is over soon. */
const LOOKS_MAX = 3;

/** Points that were written again since the search began, scored at their new places. */
async function movedHits(
  set: SegmentSet,
  began: number,
  plan: NearestPlan,
  vectors: VectorNames,
  budget: ReadBudget,
): Promise<ShardHit[]> {
  const hits: ShardHit[] = [];
  let moment = began;
  for (let look = 0; look < LOOKS_MAX && set.moved.now > moment; look++) {
    const ids = set.moved.since(moment);
    moment = set.moved.now;
    if (plan.exclude !== null) ids.delete(plan.exclude);
    const matching = plan.filter === null ? null : await matchingAmong(set, ids, plan.filter, budget);
    for (const id of ids) {
      const place = set.points.locate(id);
      if (place === undefined) continue;
      const slot = slotOf(place);
      const segment = set.segment(segmentOf(place));
      const field = segment.fields.get(plan.field)!;
      const matches = matching === null || (matching[segment.id]?.has(slot) ?? false);
      if (!matches || !field.present.has(slot)) continue;
      const [similarity] = field.index.score(plan.vector, Uint32Array.of(slot));
      hits.push({ ...storedPoint(set, place, vectors), similarity: similarity! });
    }
  }
  return hits;
}

async function matchingAmong(
  set: SegmentSet,
  ids: ReadonlySet<PointId>,
  filter: Filter,
  budget: ReadBudget,
): Promise<SlotSet[]> {
  const among: Condition[] = [
    { kind: 'hasId', ids },
    { kind: 'filter', filter },
  ];
  const both = { must: among, should: [], mustNot: [], minShould: null };
  const matching: SlotSet[] = [];
  for (const segment of set.segments) matching.push(await matchingSlots(segment, both, budget));
  return matching;
}
