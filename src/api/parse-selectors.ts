import { badRequest, notImplemented } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import type { PayloadSelector, VectorSelector } from '../model/point.ts';
import { formatError, isAbsent, isObject, noVariant, readList, readPath } from './fields.ts';
import { optionalFilter, parseIds } from './parse-filter.ts';
import type { PointsSelector } from './requests.ts';
import type { Violations } from './violations.ts';

/** `with_payload`: bool, list of paths, `{include}` or `{exclude}`; absent and null mean `fallback`. */
export function payloadSelector(object: BodyObject, fallback: boolean): PayloadSelector {
  const value = object.with_payload;
  if (isAbsent(value)) return fallback;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return { include: paths(value) };
  if (!isObject(value)) throw noVariant('WithPayloadInterface');
  for (const key of Object.keys(value)) {
    if (key !== 'include' && key !== 'exclude') {
      throw formatError(`unknown field \`${key.slice(0, 100)}\`, expected \`include\` or \`exclude\``);
    }
  }
  if (value.include !== undefined && value.exclude === undefined) return { include: paths(value.include) };
  if (value.exclude !== undefined && value.include === undefined) return { exclude: paths(value.exclude) };
  throw noVariant('PayloadSelector');
}

const paths = (value: BodyValue): string[] => readList(value).map((item) => readPath(item).text);

/** `with_vector` or its alias `with_vectors`: bool or list of names. `nullable`: whether null means absent. */
export function vectorSelector(object: BodyObject, nullable: boolean): VectorSelector {
  const value = object.with_vector === undefined ? object.with_vectors : object.with_vector;
  if (value === undefined || (value === null && nullable)) return false;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value as string[];
  throw noVariant('WithVector');
}

/** The untagged pair `{points}` | `{filter}`: the first that is given wins. */
export function pointsSelector(object: BodyObject, violations: Violations): PointsSelector {
  refuseShardKey(object);
  if (!isAbsent(object.points)) return { ids: parseIds(object.points), filter: null };
  const filter = optionalFilter(object, 'filter', violations);
  if (filter === null)
    throw noVariant('PointsSelector', 'Either list of point ids or filter must be provided');
  return { ids: null, filter };
}

/** `points` and `filter` of payload operations: points win over a filter, one is needed. */
export function payloadTarget(object: BodyObject, violations: Violations): PointsSelector {
  refuseShardKey(object);
  const filter = optionalFilter(object, 'filter', violations);
  if (!isAbsent(object.points)) return { ids: parseIds(object.points), filter: null };
  if (filter === null) throw formatError('Either list of point ids or filter must be provided');
  return { ids: null, filter };
}

/** `points` and `filter` of delete vectors: each is an operation of its own, one is needed. */
export function vectorTarget(object: BodyObject, violations: Violations): PointsSelector {
  refuseShardKey(object);
  const ids = isAbsent(object.points) ? null : parseIds(object.points);
  const filter = optionalFilter(object, 'filter', violations);
  if (ids === null && filter === null) throw badRequest('No filter or points provided');
  return { ids, filter };
}

export function refuseShardKey(object: BodyObject): void {
  if (!isAbsent(object.shard_key)) throw notImplemented('custom sharding (`shard_key`)');
}
