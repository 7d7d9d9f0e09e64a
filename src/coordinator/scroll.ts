import type { RequestContext, ScrollRequest } from '../api/requests.ts';
import type { PointRecord } from '../model/point.ts';
import type { PointId } from '../model/point-id.ts';
import { budgetOf } from './budget.ts';
import type { Deps } from './deps.ts';
import { projectPoint, vectorNames } from './project-point.ts';

/** A page of matching points in id order, and where the next one starts (null = no more). */
export async function scroll(
  deps: Deps,
  context: RequestContext,
  name: string,
  request: ScrollRequest,
): Promise<{ points: PointRecord[]; nextPageOffset: PointId | null }> {
  const { shard, config } = await deps.collections.get(name);
  const budget = budgetOf(context, deps.clock, 'Scroll');
  const { limit } = request;
  const names = vectorNames(config, request.withVector);
  const found = await shard.scroll(request.offset, limit + 1, request.filter, names, budget);
  const points = found.slice(0, limit).map((point) => projectPoint(point, request.withPayload));
  return { points, nextPageOffset: found.length > limit ? found[limit]!.id : null };
}
