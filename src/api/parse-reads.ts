import { badRequest, notImplemented } from '../model/errors.ts';
import type { BodyValue } from '../model/json.ts';
import { parsePointId } from '../model/point-id.ts';
import { defaultedBool, isAbsent, readInteger, readObject, required } from './fields.ts';
import { optionalFilter, parseIds } from './parse-filter.ts';
import { payloadSelector, refuseShardKey, vectorSelector } from './parse-selectors.ts';
import type { CountRequest, RetrieveRequest, ScrollRequest } from './requests.ts';
import type { Violations } from './violations.ts';

export const LIMIT_DEFAULT = 10;

/** Points by ids; the payload comes unless told otherwise. */
export function parseRetrieve(value: BodyValue): RetrieveRequest {
  const object = readObject(value, 'PointRequest');
  const ids = parseIds(required(object, 'ids'));
  refuseShardKey(object);
  return { ids, withPayload: payloadSelector(object, true), withVector: vectorSelector(object, false) };
}

export function parseScroll(value: BodyValue, violations: Violations): ScrollRequest {
  const object = readObject(value, 'ScrollRequest');
  const request: ScrollRequest = {
    offset: isAbsent(object.offset) ? null : parsePointId(object.offset),
    limit: isAbsent(object.limit) ? LIMIT_DEFAULT : readInteger(object.limit, 'usize'),
    filter: optionalFilter(object, 'filter', violations),
    withPayload: payloadSelector(object, true),
    withVector: vectorSelector(object, false),
  };
  if (request.limit === 0) throw badRequest('Limit cannot be 0');
  refuseShardKey(object);
  if (!isAbsent(object.order_by)) throw notImplemented('scroll ordered by payload (`order_by`)');
  return request;
}

export function parseCount(value: BodyValue, violations: Violations): CountRequest {
  const object = readObject(value, 'CountRequest');
  const request: CountRequest = {
    filter: optionalFilter(object, 'filter', violations),
    exact: defaultedBool(object, 'exact', true),
  };
  refuseShardKey(object);
  return request;
}
