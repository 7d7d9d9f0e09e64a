import type { CountRequest, RequestContext } from '../api/requests.ts';
import { budgetOf } from './budget.ts';
import type { Deps } from './deps.ts';

export async function count(
  deps: Deps,
  context: RequestContext,
  name: string,
  request: CountRequest,
): Promise<number> {
  const { shard } = await deps.collections.get(name);
  return shard.count(request.filter, request.exact, budgetOf(context, deps.clock, 'Count'));
}
