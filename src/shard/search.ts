import { biggerIsBetter } from '../model/distance.ts';
import type { PointId } from '../model/point-id.ts';
import type { SlotSet } from '../model/slot-set.ts';
import { mergeHits } from '../query/merge.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import { matchingSlots } from '../segment/filter.ts';
import { type Place, segmentOf, slotOf } from '../segment/place.ts';
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
  const found = await Promise.all(segments.map((segment) => searchSegment(segment, wanted, budget)));
  const lists: ShardHit[][] = [];
  const gone: Place[] = [];
  for (const [i, hits] of found.entries()) {
    lists.push(await rows(segments[i]!, hits, plan, vectors, budget, gone));
  }
  const moved = await movedHits(set, gone, plan, vectors, budget);
  if (moved.length > 0) lists.push(moved);
  const traces = found.map(({ trace }) => trace);
  if (lists.length === 1) return { hits: lists[0]!.slice(0, plan.topK), traces };
  const { distance } = segments[0]!.fields.get(plan.field)!.params;
  return { hits: mergeHits(lists, plan.topK, biggerIsBetter(distance)), traces };
}

/** In slices: a result may be as large as the segment. Places whose points have left go into `gone`. */
async function rows(
  segment: Segment,
  found: SegmentHits,
  plan: NearestPlan,
  vectors: VectorNames,
  budget: ReadBudget,
  gone: Place[],
): Promise<ShardHit[]> {
  const hits: ShardHit[] = [];
  const pacer = new Pacer();
  for (const slot of found.gone) gone.push(segment.placeOf(slot));
  for (const [i, slot] of found.slots.entries()) {
    const row = segment.points.row(segment.placeOf(slot));
    if (row === undefined) gone.push(segment.placeOf(slot));
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

/** Points that were found and then written again, at their new places and with their new scores. */
async function movedHits(
  set: SegmentSet,
  gone: readonly Place[],
  plan: NearestPlan,
  vectors: VectorNames,
  budget: ReadBudget,
): Promise<ShardHit[]> {
  const ids = new Set<PointId>();
  for (const place of gone) {
    const id = set.formerPlaces.idAt(place);
    if (id !== undefined && id !== plan.exclude) ids.add(id);
  }
  if (ids.size === 0) return [];
  const matching: SlotSet[] = [];
  if (plan.filter !== null) {
    for (const segment of set.segments) matching.push(await matchingSlots(segment, plan.filter, budget));
  }
  const hits: ShardHit[] = [];
  for (const id of ids) {
    const place = set.points.locate(id);
    if (place === undefined) continue;
    const slot = slotOf(place);
    const segment = set.segment(segmentOf(place));
    const field = segment.fields.get(plan.field)!;
    if (!field.present.has(slot) || !(matching[segment.id]?.has(slot) ?? plan.filter === null)) continue;
    const [similarity] = field.index.score(plan.vector, Uint32Array.of(slot));
    hits.push({ ...storedPoint(set, place, vectors), similarity: similarity! });
  }
  return hits;
}
