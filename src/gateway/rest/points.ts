import {
  parseBatchUpdate,
  parseClearPayload,
  parseDelete,
  parseDeletePayload,
  parseDeleteVectors,
  parseOverwritePayload,
  parseSetPayload,
} from '../../api/parse-points.ts';
import { parseCount, parseRetrieve, parseScroll } from '../../api/parse-reads.ts';
import { parseUpdateVectors, parseUpsert } from '../../api/parse-upsert.ts';
import type { WriteRequest } from '../../api/requests.ts';
import type { Violations } from '../../api/violations.ts';
import { notFound, SextantError } from '../../model/errors.ts';
import type { BodyValue } from '../../model/json.ts';
import { formatPointId, parsePointIdText } from '../../model/point-id.ts';
import type { Steps } from '../../shared/steps.ts';
import type { Handler } from './call.ts';
import { updateReply, updateResult } from './collections.ts';
import { writeRecord, writeRecords } from './encode-points.ts';
import { ascii } from './json-writer.ts';
import type { Route } from './router.ts';

/** A handler of one write: parse it, write it, tell its result. */
const write =
  (parse: (value: BodyValue, violations: Violations) => WriteRequest): Handler =>
  async (call) => {
    const name = call.collection();
    const options = call.writeOptions();
    const request = call.body(parse);
    return updateReply(call, await call.coordinator.write(call.context(), name, [request], options));
  };

/** The same for a body that may be long. */
const writeInSteps =
  (parse: (value: BodyValue, violations: Violations) => Steps<WriteRequest>): Handler =>
  async (call) => {
    const name = call.collection();
    const options = call.writeOptions();
    const request = await call.bodyInSteps(parse);
    return updateReply(call, await call.coordinator.write(call.context(), name, [request], options));
  };

const batchUpdate: Handler = async (call) => {
  const name = call.collection();
  const options = call.writeOptions();
  const requests = await call.bodyInSteps(parseBatchUpdate);
  const results = await call.coordinator.write(call.context(), name, requests, options);
  return call.result(results.map(updateResult));
};

const getPoint: Handler = async (call) => {
  const name = call.collection();
  const text = call.params[1]!;
  const id = parsePointIdText(text);
  if (id === null) {
    throw new SextantError('pathFormat', `Can not recognize "${text.slice(0, 100)}" as point id`);
  }
  const request = { ids: [id], withPayload: true, withVector: true };
  const [record] = await call.coordinator.retrieve(call.readContext(), name, request);
  if (record === undefined) {
    throw notFound(`Point with id ${formatPointId(id).replaceAll('"', '')} does not exists!`);
  }
  return call.written((writer) => writeRecord(writer, record));
};

const retrieve: Handler = async (call) => {
  const name = call.collection();
  const request = call.body(parseRetrieve);
  const records = await call.coordinator.retrieve(call.readContext(), name, request);
  return call.written((writer) => writeRecords(writer, records));
};

const POINTS = ascii('{"points":');
const NEXT = ascii(',"next_page_offset":');
const CLOSE_OBJECT = 125;

const scroll: Handler = async (call) => {
  const name = call.collection();
  const request = call.body(parseScroll);
  const { points, nextPageOffset } = await call.coordinator.scroll(call.readContext(), name, request);
  return call.written(async (writer) => {
    writer.literal(POINTS);
    await writeRecords(writer, points);
    writer.literal(NEXT);
    if (nextPageOffset === null) writer.raw('null');
    else writer.id(nextPageOffset);
    writer.byte(CLOSE_OBJECT);
  });
};

const count: Handler = async (call) => {
  const name = call.collection();
  const request = call.body(parseCount);
  return call.result({ count: await call.coordinator.count(call.readContext(), name, request) });
};

const POINTS_PATH = '/collections/{c}/points';

export const POINT_ROUTES: readonly Route<Handler>[] = [
  { method: 'PUT', pattern: POINTS_PATH, handler: writeInSteps(parseUpsert) },
  { method: 'POST', pattern: POINTS_PATH, handler: retrieve },
  { method: 'GET', pattern: `${POINTS_PATH}/{id}`, handler: getPoint },
  { method: 'POST', pattern: `${POINTS_PATH}/delete`, handler: write(parseDelete) },
  { method: 'PUT', pattern: `${POINTS_PATH}/vectors`, handler: writeInSteps(parseUpdateVectors) },
  { method: 'POST', pattern: `${POINTS_PATH}/vectors/delete`, handler: write(parseDeleteVectors) },
  { method: 'POST', pattern: `${POINTS_PATH}/payload`, handler: write(parseSetPayload) },
  { method: 'PUT', pattern: `${POINTS_PATH}/payload`, handler: write(parseOverwritePayload) },
  { method: 'POST', pattern: `${POINTS_PATH}/payload/delete`, handler: write(parseDeletePayload) },
  { method: 'POST', pattern: `${POINTS_PATH}/payload/clear`, handler: write(parseClearPayload) },
  { method: 'POST', pattern: `${POINTS_PATH}/batch`, handler: batchUpdate },
  { method: 'POST', pattern: `${POINTS_PATH}/scroll`, handler: scroll },
  { method: 'POST', pattern: `${POINTS_PATH}/count`, handler: count },
];
