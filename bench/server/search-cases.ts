import { type DataFolder, readBase, readGroundTruth, readQueries } from '../data/data-folder.ts';
import { exactNeighbours } from '../data/exact.ts';
import { type PayloadValue, valuesBySelectivity } from '../data/selectivity.ts';

/** Queries with one filter (or none) and their exact neighbours. */
export interface SearchCase {
  value: PayloadValue | null;
  queries: number;
  truth: Int32Array;
  width: number;
}

export const TOP_K = 10;
const SELECTIVITIES = [0.001, 0.01, 0.1, 0.5];
/** Exact search of half the rows for each query takes long in plain JavaScript. */
const FILTERED_QUERIES_MAX = 200;

/** Unfiltered first, then a payload value for each selectivity that the data has one for. */
export async function searchCases(data: DataFolder, say: (line: string) => void): Promise<SearchCase[]> {
  const { queries: count, groundTruth, dim, distance } = data.manifest;
  const base = readBase(data);
  const queries = readQueries(data);
  const truth = readGroundTruth(data);
  const values = await valuesBySelectivity(data, SELECTIVITIES);
  say(`finding the exact neighbours of the filtered queries (${values.map(name).join(', ')})`);
  const filteredCount = Math.min(count, FILTERED_QUERIES_MAX);
  const some = queries.subarray(0, filteredCount * dim);
  const filtered = values.map((value): SearchCase => {
    const rows = value.rows;
    const exact = exactNeighbours({ distance, dim, base, queries: some, topK: TOP_K, rows });
    return { value, queries: filteredCount, truth: exact, width: TOP_K };
  });
  if (truth !== null) return [{ value: null, queries: count, truth, width: groundTruth }, ...filtered];
  const exact = exactNeighbours({ distance, dim, base, queries: some, topK: TOP_K });
  return [{ value: null, queries: filteredCount, truth: exact, width: TOP_K }, ...filtered];
}

const name = (value: PayloadValue): string => `${value.key}=${value.value}`;

/** The bodies of the query requests of a case. */
export function queryBodies(
  { value, queries }: SearchCase,
  ef: number | null,
  vectors: Float32Array,
  dim: number,
): Buffer[] {
  const filter = value && { must: [{ key: value.key, match: { value: value.value } }] };
  const rest = {
    limit: TOP_K,
    ...(filter ? { filter } : {}),
    ...(ef === null ? {} : { params: { hnsw_ef: ef } }),
  };
  const tail = JSON.stringify(rest).slice(1);
  return Array.from({ length: queries }, (_, i) => {
    const vector = Array.from(vectors.subarray(i * dim, (i + 1) * dim));
    return Buffer.from(`{"query":${JSON.stringify(vector)},${tail}`);
  });
}

/** Ids of the found points of a reply, which are row numbers. */
export const foundRows = (reply: Buffer): number[] =>
  (JSON.parse(reply.toString()).result.points as { id: number }[]).map(({ id }) => id);
