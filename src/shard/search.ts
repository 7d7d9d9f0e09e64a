import { biggerIsBetter } from '../model/distance.ts';
import { mergeHits } from '../query/merge.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import { type SearchTrace, type SegmentHits, searchSegment } from '../segment/search.ts';
import type { Segment } from '../segment/segment.ts';
import { Pacer } from '../shared/pacer.ts';
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
  for (const [i, hits] of found.entries()) lists.push(await rows(segments[i]!, hits, plan, vectors, budget));
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
