import { parseCreateCollection, parseUpdateCollection } from '../../api/parse-collection.ts';
import { parseCreateIndex } from '../../api/parse-payload-index.ts';
import { SextantError } from '../../model/errors.ts';
import { readPayloadPath } from '../../model/payload-path.ts';
import type { Call, Handler } from './call.ts';
import { collectionInfo } from './encode-info.ts';
import type { RestReply } from './http.ts';
import type { Route } from './router.ts';

const listCollections: Handler = (call) =>
  call.result({ collections: call.coordinator.listCollections().map((name) => ({ name })) });

const getCollection: Handler = async (call) => {
  const name = call.collection();
  return call.result(collectionInfo(await call.coordinator.collectionInfo(call.context(), name)));
};

const collectionExists: Handler = (call) =>
  call.result({ exists: call.coordinator.collectionExists(call.collection()) });

const createCollection: Handler = async (call) => {
  const name = call.collection(true);
  const request = call.body(parseCreateCollection);
  await call.coordinator.createCollection(call.context(), name, request);
  return call.result(true);
};

const updateCollection: Handler = async (call) => {
  const name = call.collection();
  const request = call.body(parseUpdateCollection);
  await call.coordinator.updateCollection(call.context(), name, request);
  return call.result(true);
};

/** A collection that is not there is no error: the result is false. */
const deleteCollection: Handler = async (call) => {
  const name = call.collection();
  return call.result(await call.coordinator.deleteCollection(call.context(), name));
};

const createIndex: Handler = async (call) => {
  const name = call.collection();
  const options = call.writeOptions();
  const request = call.body(parseCreateIndex);
  const results = await call.coordinator.write(call.context(), name, [request], options);
  return updateReply(call, results);
};

const deleteIndex: Handler = async (call) => {
  const name = call.collection();
  const options = call.writeOptions();
  const path = readPayloadPath(call.params[1]!);
  if (path === null) {
    throw new SextantError('pathFormat', `Invalid json path: '${call.params[1]!.slice(0, 100)}'`);
  }
  const request = { kind: 'deleteIndex' as const, path: path.text };
  const results = await call.coordinator.write(call.context(), name, [request], options);
  return updateReply(call, results);
};

type UpdateResults = Awaited<ReturnType<Call['coordinator']['write']>>;

/** The wire's form of one update's result. */
export const updateResult = (result: UpdateResults[number]): unknown => ({
  operation_id: result.operationId,
  status: result.status,
});

/** The reply to a write of one operation. */
export const updateReply = (call: Call, results: UpdateResults): RestReply =>
  call.result(updateResult(results[0]!));

export const COLLECTION_ROUTES: readonly Route<Handler>[] = [
  { method: 'GET', pattern: '/collections', handler: listCollections },
  { method: 'GET', pattern: '/collections/{c}', handler: getCollection },
  { method: 'PUT', pattern: '/collections/{c}', handler: createCollection },
  { method: 'PATCH', pattern: '/collections/{c}', handler: updateCollection },
  { method: 'DELETE', pattern: '/collections/{c}', handler: deleteCollection },
  { method: 'GET', pattern: '/collections/{c}/exists', handler: collectionExists },
  { method: 'PUT', pattern: '/collections/{c}/index', handler: createIndex },
  { method: 'DELETE', pattern: '/collections/{c}/index/{field}', handler: deleteIndex },
];
