import { badInput, badRequest, notImplemented } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import { parsePointId } from '../model/point-id.ts';
import { DEFAULT_VECTOR, type Vector } from '../model/vector.ts';
import type { Steps } from '../shared/steps.ts';
import {
  checkLimits,
  defaultedBool,
  isAbsent,
  isObject,
  noVariant,
  optionalBool,
  optionalFloat,
  optionalInteger,
  optionalString,
  readInteger,
  readList,
  readObject,
  readString,
  required,
} from './fields.ts';
import { optionalFilter } from './parse-filter.ts';
import { LIMIT_DEFAULT } from './parse-reads.ts';
import { payloadSelector, refuseShardKey, vectorSelector } from './parse-selectors.ts';
import { parseVector } from './parse-vectors.ts';
import type { QueryRequest, SearchParams } from './requests.ts';
import type { Violations } from './violations.ts';

/** The universal query; violations are named `internal.…`. */
export function parseQuery(value: BodyValue, violations: Violations): QueryRequest {
  const object = readObject(value, 'QueryRequest');
  return violations.within('internal', () => {
    const request: QueryRequest = {
      query: isAbsent(object.query) ? null : parseQueryInterface(object.query, violations),
      using: optionalString(object, 'using') ?? DEFAULT_VECTOR,
      filter: optionalFilter(object, 'filter', violations),
      params: searchParams(object.params, violations),
      scoreThreshold: scoreThreshold(object, violations),
      limit: optionalInteger(object, 'limit', 'usize', { min: 1 }, violations) ?? LIMIT_DEFAULT,
      offset: optionalInteger(object, 'offset', 'usize', {}, violations) ?? 0,
      withPayload: payloadSelector(object, false),
      withVector: vectorSelector(object, true),
    };
    checkQuery(object, request);
    return request;
  });
}

export function parseQueryBatch(value: BodyValue, violations: Violations): Steps<QueryRequest[]> {
  return parseSearches(value, violations, parseQuery, 'QueryRequestBatch');
}

function* parseSearches(
  value: BodyValue,
  violations: Violations,
  parse: (value: BodyValue, violations: Violations) => QueryRequest,
  what: string,
): Steps<QueryRequest[]> {
  const searches = readList(required(readObject(value, what), 'searches'));
  const out: QueryRequest[] = [];
  for (let i = 0; i < searches.length; i++) {
    const from = violations.count;
    out.push(parse(searches[i]!, violations));
    if (violations.count > from) violations.prefix(from, `searches[${i}]`);
    if (i % STEP_SEARCHES === STEP_SEARCHES - 1) yield;
  }
  return out;
}

/** Searches per step; each may carry a filter. */
const STEP_SEARCHES = 10;

function checkQuery(object: BodyObject, request: QueryRequest): void {
  refuseShardKey(object);
  if (!isAbsent(object.lookup_from)) throw notImplemented('`lookup_from`');
  const prefetches = isAbsent(object.prefetch)
    ? 0
    : Array.isArray(object.prefetch)
      ? object.prefetch.length
      : 1;
  if (prefetches > 0) {
    if (request.query === null) {
      throw badRequest(
        "A query is needed to merge the prefetches. Can't have prefetches without defining a query.",
      );
    }
    throw notImplemented('`prefetch`');
  }
  if (request.query === null && request.scoreThreshold !== null) {
    throw badRequest(
      "A query is needed to use the score_threshold. Can't have score_threshold without defining a query.",
    );
  }
}

const UNBUILT_QUERIES = [
  'recommend',
  'discover',
  'context',
  'order_by',
  'fusion',
  'rrf',
  'formula',
  'sample',
  'relevance_feedback',
];

/** A bare vector or id, or `{nearest: …}`; the other variants are named and refused. */
function parseQueryInterface(value: BodyValue, violations: Violations): QueryRequest['query'] {
  if (!isObject(value)) return violations.within('query', () => parseVectorInput(value, violations));
  if (value.nearest !== undefined) {
    if (!isAbsent(value.mmr)) throw notImplemented('the query `mmr`');
    return violations.within('query.nearest', () => parseVectorInput(value.nearest, violations));
  }
  for (const name of UNBUILT_QUERIES) {
    if (value[name] !== undefined) throw notImplemented(`the query \`${name}\``);
  }
  return parseVectorInput(value, violations);
}

function parseVectorInput(value: BodyValue | undefined, violations: Violations): QueryRequest['query'] {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string') {
    return { id: parsePointId(value) };
  }
  const vector = parseVector(value, violations);
  if (vector === null) throw noVariant('QueryInterface');
  return { vector };
}

/** Scores are f32: so is what they are compared with. */
function scoreThreshold(object: BodyObject, violations: Violations): number | null {
  const threshold = optionalFloat(object, 'score_threshold', {}, violations);
  return threshold === null ? null : Math.fround(threshold);
}

/** Absent and null are the defaults. */
export function searchParams(value: BodyValue | undefined, violations: Violations): SearchParams {
  const params: SearchParams = { hnswEf: null, exact: false, indexedOnly: false, quantization: null };
  if (isAbsent(value)) return params;
  const object = readObject(value, 'SearchParams');
  return violations.within('params', () => {
    params.hnswEf = optionalInteger(object, 'hnsw_ef', 'usize', { min: 1 }, violations);
    params.exact = defaultedBool(object, 'exact', false);
    params.indexedOnly = defaultedBool(object, 'indexed_only', false);
    params.quantization = quantizationParams(object.quantization, violations);
    refuseAcorn(object.acorn, violations);
    if (!isAbsent(object.idf)) {
      throw badInput('search param `idf` requires a sparse vector with the `idf` modifier');
    }
    return params;
  });
}

function quantizationParams(
  value: BodyValue | undefined,
  violations: Violations,
): SearchParams['quantization'] {
  if (isAbsent(value)) return null;
  const object = readObject(value, 'QuantizationSearchParams');
  return violations.within('quantization', () => ({
    ignore: defaultedBool(object, 'ignore', false),
    rescore: optionalBool(object, 'rescore'),
    oversampling: optionalFloat(object, 'oversampling', { min: 1 }, violations),
  }));
}

function refuseAcorn(value: BodyValue | undefined, violations: Violations): void {
  if (isAbsent(value)) return;
  const object = readObject(value, 'AcornSearchParams');
  const enable = defaultedBool(object, 'enable', false);
  violations.within('acorn', () => optionalFloat(object, 'max_selectivity', { min: 0, max: 1 }, violations));
  if (enable) throw notImplemented('the search param `acorn`');
}

/** The old `points/search`: `vector` is a list (the unnamed vector) or `{name, vector}`. */
export function parseSearch(value: BodyValue, violations: Violations): QueryRequest {
  const object = readObject(value, 'SearchRequest');
  return violations.within('search_request', () => {
    const { using, vector } = violations.within('vector', () =>
      namedVector(required(object, 'vector'), violations),
    );
    const limit = readInteger(required(object, 'limit'), 'usize');
    checkLimits('limit', limit, { min: 1 }, violations);
    refuseShardKey(object);
    return {
      query: { vector },
      using,
      filter: optionalFilter(object, 'filter', violations),
      params: searchParams(object.params, violations),
      scoreThreshold: scoreThreshold(object, violations),
      limit,
      offset: optionalInteger(object, 'offset', 'usize', {}, violations) ?? 0,
      withPayload: payloadSelector(object, false),
      withVector: vectorSelector(object, true),
    };
  });
}

export function parseSearchBatch(value: BodyValue, violations: Violations): Steps<QueryRequest[]> {
  return parseSearches(value, violations, parseSearch, 'SearchRequestBatch');
}

function namedVector(value: BodyValue, violations: Violations): { using: string; vector: Vector } {
  const named = isObject(value) ? value : null;
  const using = named === null ? DEFAULT_VECTOR : readString(required(named, 'name'));
  const vector = parseVector(named === null ? value : required(named, 'vector'), violations);
  if (vector === null) throw noVariant('NamedVectorStruct');
  return { using, vector };
}
