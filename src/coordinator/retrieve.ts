import type { RetrieveRequest } from '../api/requests.ts';
import type { PointRecord } from '../model/point.ts';
import type { Deps } from './deps.ts';
import { projectPoint, vectorNames } from './project-point.ts';

/** Points by id, in the order asked; absent ones are left out. */
export async function retrieve(deps: Deps, name: string, request: RetrieveRequest): Promise<PointRecord[]> {
  const { shard, config } = await deps.collections.get(name);
  const points = await shard.retrieve(request.ids, vectorNames(config, request.withVector));
  return points.map((point) => projectPoint(point, request.withPayload));
}
