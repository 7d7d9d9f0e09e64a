import { parseQuery, parseQueryBatch, parseSearch, parseSearchBatch } from '../../api/parse-query.ts';
import type { ScoredPoint } from '../../model/point.ts';
import type { Handler } from './call.ts';
import { writeList, writeScoredPoints } from './encode-points.ts';
import { ascii, type JsonWriter } from './json-writer.ts';
import type { Route } from './router.ts';

const POINTS = ascii('{"points":');
const CLOSE_OBJECT = 125;

/** `{points: […]}` */
async function writeQueryResponse(writer: JsonWriter, points: ScoredPoint[]): Promise<void> {
  writer.literal(POINTS);
  await writeScoredPoints(writer, points);
  writer.byte(CLOSE_OBJECT);
}

const query: Handler = async (call) => {
  const name = call.collection();
  const request = call.body(parseQuery);
  const [points] = await call.coordinator.query(call.readContext(), name, [request]);
  return call.written((writer) => writeQueryResponse(writer, points!));
};

const queryBatch: Handler = async (call) => {
  const name = call.collection();
  const requests = await call.bodyInSteps(parseQueryBatch);
  const results = await call.coordinator.query(call.readContext(), name, requests);
  return call.written((writer) => writeList(writer, results, (points) => writeQueryResponse(writer, points)));
};

/** The old searches answer with bare lists. */
const search: Handler = async (call) => {
  const name = call.collection();
  const request = call.body(parseSearch);
  const [points] = await call.coordinator.query(call.readContext(), name, [request]);
  return call.written((writer) => writeScoredPoints(writer, points!));
};

const searchBatch: Handler = async (call) => {
  const name = call.collection();
  const requests = await call.bodyInSteps(parseSearchBatch);
  const results = await call.coordinator.query(call.readContext(), name, requests);
  return call.written((writer) => writeList(writer, results, (points) => writeScoredPoints(writer, points)));
};

const POINTS_PATH = '/collections/{c}/points';

export const QUERY_ROUTES: readonly Route<Handler>[] = [
  { method: 'POST', pattern: `${POINTS_PATH}/query`, handler: query },
  { method: 'POST', pattern: `${POINTS_PATH}/query/batch`, handler: queryBatch },
  { method: 'POST', pattern: `${POINTS_PATH}/search`, handler: search },
  { method: 'POST', pattern: `${POINTS_PATH}/search/batch`, handler: searchBatch },
];
