import type { RequestContext, UpdateResult, WriteOptions, WriteRequest } from '../api/requests.ts';
import type { CollectionConfig } from '../model/collection-config.ts';
import { parsePayloadPath } from '../model/payload-path.ts';
import type { AcceptedWrite } from '../shard/shard-replica.ts';
import { budgetOf } from './budget.ts';
import { checkVectorName, checkVectors } from './check-vectors.ts';
import type { Deps } from './deps.ts';

/**
 * Runs the writes in order, not atomically; each has its own result. All are checked against the schema before the
 * first is logged. Resolves when all are durable in the log (`acknowledged`), or also done (`completed`) with `wait`.
 * A request whose client goes away while it runs may have been applied in part.
 */
export async function write(
  deps: Deps,
  context: RequestContext,
  name: string,
  requests: WriteRequest[],
  options: WriteOptions,
): Promise<UpdateResult[]> {
  const { shard, config } = await deps.collections.get(name);
  for (const request of requests) checkWrite(config, request);
  const budget = budgetOf(context, deps.clock, 'Update');
  const accepted: AcceptedWrite[] = [];
  for (const request of requests) accepted.push(await shard.write(request, budget));
  const durable = Promise.all(accepted.map((one) => one.durable));
  if (!options.wait) {
    await durable;
    return accepted.map(({ sequence }) => ({ operationId: sequence, status: 'acknowledged' }));
  }
  const done = durable.then(() => Promise.all(accepted.map((one) => one.completed)));
  const inTime = await withinSeconds(done, options.timeoutSec, deps);
  return accepted.map(({ sequence }) => ({
    operationId: sequence,
    status: inTime ? 'completed' : 'wait_timeout',
  }));
}

function checkWrite(config: CollectionConfig, request: WriteRequest): void {
  switch (request.kind) {
    case 'upsert':
    case 'updateVectors':
      for (const { vectors } of request.points) checkVectors(config, vectors);
      return;
    case 'deleteVectors':
      for (const vector of request.names) checkVectorName(config, vector);
      return;
    case 'setPayload':
      if (request.path !== null) parsePayloadPath(request.path);
      return;
    case 'deletePayload':
      for (const key of request.keys) parsePayloadPath(key);
      return;
    case 'createIndex':
    case 'deleteIndex':
      parsePayloadPath(request.path);
      return;
    case 'delete':
    case 'overwritePayload':
    case 'clearPayload':
      return;
  }
}

/** False when `seconds` passed first; the work goes on. */
async function withinSeconds(done: Promise<unknown>, seconds: number | null, deps: Deps): Promise<boolean> {
  if (seconds === null) {
    await done;
    return true;
  }
  let cancel = (): void => {};
  const timeout = new Promise<false>((resolve) => {
    cancel = deps.clock.after(seconds * 1000, () => resolve(false));
  });
  try {
    return await Promise.race([done.then(() => true), timeout]);
  } finally {
    cancel();
  }
}
