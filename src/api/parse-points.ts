import type { BodyObject, BodyValue } from '../model/json.ts';
import type { Steps } from '../shared/steps.ts';
import { isAbsent, noVariant, readList, readObject, readPath, readStrings, required } from './fields.ts';
import { payloadTarget, pointsSelector, vectorTarget } from './parse-selectors.ts';
import { parseUpdateVectors, parseUpsert, readPayload } from './parse-upsert.ts';
import type { WriteRequest } from './requests.ts';
import { Violations } from './violations.ts';

/** Runs a parser over a whole body; what is out of its limits is thrown once the shape is known to be right. */
export function parseBody<T>(value: BodyValue, parse: (value: BodyValue, violations: Violations) => T): T {
  const violations = new Violations();
  const request = parse(value, violations);
  violations.throwIfAny();
  return request;
}

/** The same for a parser of what may be long, in steps. */
export function* parseBodyInSteps<T>(
  value: BodyValue,
  parse: (value: BodyValue, violations: Violations) => Steps<T>,
): Steps<T> {
  const violations = new Violations();
  const request = yield* parse(value, violations);
  violations.throwIfAny();
  return request;
}

export function parseDelete(value: BodyValue, violations: Violations): WriteRequest {
  return { kind: 'delete', selector: pointsSelector(readObject(value, 'PointsSelector'), violations) };
}

export function parseClearPayload(value: BodyValue, violations: Violations): WriteRequest {
  return { kind: 'clearPayload', selector: pointsSelector(readObject(value, 'PointsSelector'), violations) };
}

export function parseDeleteVectors(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'DeleteVectors');
  const names = readStrings(required(object, 'vector'));
  if (names.length === 0) violations.add('vector', 'must not be empty');
  return { kind: 'deleteVectors', selector: vectorTarget(object, violations), names };
}

export function parseSetPayload(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'SetPayload');
  const payload = readPayload(required(object, 'payload'));
  const path = isAbsent(object.key) ? null : readPath(object.key).text;
  return { kind: 'setPayload', selector: payloadTarget(object, violations), payload, path };
}

/** Overwriting ignores `key`. */
export function parseOverwritePayload(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'SetPayload');
  const payload = readPayload(required(object, 'payload'));
  return { kind: 'overwritePayload', selector: payloadTarget(object, violations), payload };
}

export function parseDeletePayload(value: BodyValue, violations: Violations): WriteRequest {
  const object = readObject(value, 'DeletePayload');
  const keys = readList(required(object, 'keys')).map((key) => readPath(key).text);
  return { kind: 'deletePayload', selector: payloadTarget(object, violations), keys };
}

type WriteParser = (value: BodyValue, violations: Violations) => WriteRequest | Steps<WriteRequest>;

/** In schema order: the first key that is there names the operation. */
const OPERATIONS: readonly (readonly [string, WriteParser])[] = [
  ['upsert', parseUpsert],
  ['delete', parseDelete],
  ['set_payload', parseSetPayload],
  ['overwrite_payload', parseOverwritePayload],
  ['delete_payload', parseDeletePayload],
  ['clear_payload', parseClearPayload],
  ['update_vectors', parseUpdateVectors],
  ['delete_vectors', parseDeleteVectors],
];

/** `{operations: [{upsert: ...}, {delete: ...}]}`, each an object with one operation. */
export function* parseBatchUpdate(value: BodyValue, violations: Violations): Steps<WriteRequest[]> {
  const object = readObject(value, 'UpdateOperations');
  const operations = readList(required(object, 'operations'));
  const out: WriteRequest[] = [];
  for (let i = 0; i < operations.length; i++) {
    const operation = readObject(operations[i], 'UpdateOperation');
    const from = violations.count;
    out.push(yield* parseOperation(operation, violations));
    if (violations.count > from) violations.prefix(from, `operations[${i}]`);
    if (i % STEP_OPERATIONS === STEP_OPERATIONS - 1) yield;
  }
  return out;
}

const STEP_OPERATIONS = 100;

function* parseOperation(operation: BodyObject, violations: Violations): Steps<WriteRequest> {
  for (const [key, parse] of OPERATIONS) {
    const body = operation[key];
    if (body === undefined) continue;
    const from = violations.count;
    const parsed = parse(body, violations);
    const request = 'kind' in parsed ? parsed : yield* parsed;
    if (violations.count > from) violations.prefix(from, key);
    return request;
  }
  throw noVariant('UpdateOperation');
}
