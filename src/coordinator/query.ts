import type { QueryRequest, RequestContext } from '../api/requests.ts';
import type { Collection } from '../collection/collection.ts';
import type { CollectionConfig } from '../model/collection-config.ts';
import { passesThreshold, toScore } from '../model/distance.ts';
import { badInput, notFound } from '../model/errors.ts';
import type { ScoredPoint } from '../model/point.ts';
import { formatPointId } from '../model/point-id.ts';
import type { Vector } from '../model/vector.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import { budgetOf } from './budget.ts';
import { checkUsing, checkVector } from './check-vectors.ts';
import type { Deps } from './deps.ts';
import { projectPoint, vectorNames } from './project-point.ts';

/** Queries of one batch that run at the same time. */
const CONCURRENT_QUERIES = 8;

/** The universal query; results in the order of the requests. */
export async function query(
  deps: Deps,
  context: RequestContext,
  name: string,
  requests: QueryRequest[],
): Promise<ScoredPoint[][]> {
  const collection = await deps.collections.get(name);
  const budget = budgetOf(context, deps.clock, 'Search');
  for (const request of requests) checkQuery(collection.config, request);
  if (requests.length === 1) return [await runQuery(collection, requests[0]!, budget)];
  const results = new Array<ScoredPoint[]>(requests.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requests.length) {
      const i = next++;
      results[i] = await runQuery(collection, requests[i]!, budget);
      budget.check();
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT_QUERIES, requests.length) }, worker));
  return results;
}

function checkQuery(config: CollectionConfig, request: QueryRequest): void {
  if (request.query === null) return;
  checkUsing(config, request.using);
  if ('vector' in request.query) checkVector(config, request.using, request.query.vector);
}

async function runQuery(
  collection: Collection,
  request: QueryRequest,
  budget: ReadBudget,
): Promise<ScoredPoint[]> {
  if (request.query === null) return scrollAsQuery(collection, request, budget);
  const { config, shard } = collection;
  const vector = await queryVector(collection, request);
  const plan = nearestPlan(request, vector);
  const { distance } = config.vectors.get(request.using)!;
  const { hits } = await shard.search(plan, vectorNames(config, request.withVector), budget);
  const points: ScoredPoint[] = [];
  for (const hit of hits) {
    const score = toScore(distance, hit.similarity);
    if (request.scoreThreshold !== null && !passesThreshold(distance, score, request.scoreThreshold))
      continue;
    points.push({ ...projectPoint(hit, request.withPayload), version: hit.version, score });
  }
  return points.slice(request.offset);
}

/** The request as plain data: what the shards run. */
export function nearestPlan(request: QueryRequest, vector: Vector): NearestPlan {
  const { params } = request;
  return {
    field: request.using,
    vector,
    filter: request.filter,
    topK: Math.min(request.limit + request.offset, Number.MAX_SAFE_INTEGER - 1),
    ef: params.hnswEf,
    exact: params.exact,
    indexedOnly: params.indexedOnly,
    codes: !(params.quantization?.ignore ?? false),
    rescore: params.quantization?.rescore ?? true,
    oversampling: params.quantization?.oversampling ?? 1,
    exclude: request.query !== null && 'id' in request.query ? request.query.id : null,
  };
}

async function queryVector(collection: Collection, request: QueryRequest): Promise<Vector> {
  const { query } = request;
  if (query === null) throw badInput('a query is needed');
  if ('vector' in query) return query.vector;
  const [point] = await collection.shard.retrieve([query.id], [request.using]);
  if (point === undefined) throw notFound(`No point with id ${formatPointId(query.id)} found`);
  const vector = point.vectors?.get(request.using);
  if (vector === undefined) {
    throw badInput(`Point ${formatPointId(query.id)} does not have the vector "${request.using}"`);
  }
  return vector;
}

/** No query: points in id order, score 1. */
async function scrollAsQuery(
  collection: Collection,
  request: QueryRequest,
  budget: ReadBudget,
): Promise<ScoredPoint[]> {
  const { config, shard } = collection;
  const names = vectorNames(config, request.withVector);
  const points = await shard.scroll(null, request.limit + request.offset, request.filter, names, budget);
  return points
    .slice(request.offset)
    .map((point) => ({ ...projectPoint(point, request.withPayload), version: 0, score: 1 }));
}
