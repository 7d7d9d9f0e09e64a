import { notImplemented } from '../../model/errors.ts';
import type { Handler } from './call.ts';
import type { Route } from './router.ts';

/** Routes of the API that are known and refused by name: feature, then its methods and patterns. */
const UNBUILT: readonly (readonly [feature: string, ...routes: string[]])[] = [
  ['telemetry', 'GET /telemetry', 'GET /cluster/telemetry', 'GET /metrics'],
  ['the issues report', 'GET /issues', 'DELETE /issues'],
  ['quotas', 'GET /quotas', 'PUT /quotas'],
  ['the shard placement report', 'GET /collections/{c}/cluster'],
  [
    'custom sharding',
    'GET /collections/{c}/shards',
    'PUT /collections/{c}/shards',
    'POST /collections/{c}/shards/delete',
  ],
  ['the optimizations report', 'GET /collections/{c}/optimizations'],
  ['the memory report', 'GET /collections/{c}/memory'],
  [
    'adding and removing named vectors',
    'PUT /collections/{c}/vectors/{name}',
    'DELETE /collections/{c}/vectors/{name}',
  ],
  ['aliases', 'POST /collections/aliases', 'GET /collections/{c}/aliases', 'GET /aliases'],
  ['facets', 'POST /collections/{c}/facet'],
  [
    'grouped search',
    'POST /collections/{c}/points/query/groups',
    'POST /collections/{c}/points/search/groups',
    'POST /collections/{c}/points/recommend/groups',
  ],
  [
    'the distance matrix',
    'POST /collections/{c}/points/search/matrix/pairs',
    'POST /collections/{c}/points/search/matrix/offsets',
  ],
  ['recommend', 'POST /collections/{c}/points/recommend', 'POST /collections/{c}/points/recommend/batch'],
  ['discover', 'POST /collections/{c}/points/discover', 'POST /collections/{c}/points/discover/batch'],
  [
    'snapshots',
    'GET /snapshots',
    'POST /snapshots',
    'GET /snapshots/{name}',
    'DELETE /snapshots/{name}',
    'GET /collections/{c}/snapshots',
    'POST /collections/{c}/snapshots',
    'GET /collections/{c}/snapshots/{name}',
    'DELETE /collections/{c}/snapshots/{name}',
    'POST /collections/{c}/snapshots/upload',
    'PUT /collections/{c}/snapshots/recover',
    'GET /collections/{c}/shards/{s}/snapshot',
    'GET /collections/{c}/shards/{s}/snapshots',
    'POST /collections/{c}/shards/{s}/snapshots',
    'GET /collections/{c}/shards/{s}/snapshots/{name}',
    'DELETE /collections/{c}/shards/{s}/snapshots/{name}',
    'POST /collections/{c}/shards/{s}/snapshots/upload',
    'PUT /collections/{c}/shards/{s}/snapshots/recover',
    'POST /collections/{c}/shards/{s}/snapshot/partial/create',
    'POST /collections/{c}/shards/{s}/snapshot/partial/recover',
    'POST /collections/{c}/shards/{s}/snapshot/partial/recover_from',
    'GET /collections/{c}/shards/{s}/snapshot/partial/manifest',
  ],
  [
    'access to one shard',
    'POST /collections/{c}/shards/{s}/points',
    'POST /collections/{c}/shards/{s}/points/scroll',
    'POST /collections/{c}/shards/{s}/points/count',
    'POST /collections/{c}/shards/{s}/cleanup',
  ],
  ['truncating the log', 'POST /collections/{c}/truncate_unapplied_wal'],
  ['the audit log', 'POST /audit/logs'],
  ['the logger configuration', 'GET /logger', 'POST /logger'],
  ['stack traces', 'GET /stacktrace'],
  ['the debugger', 'GET /debugger', 'PATCH /debugger'],
  ['the slow query log', 'GET /profiler/slow_requests'],
  [
    'cluster metadata',
    'GET /cluster/metadata/keys',
    'GET /cluster/metadata/keys/{key}',
    'PUT /cluster/metadata/keys/{key}',
    'DELETE /cluster/metadata/keys/{key}',
  ],
  ['the dashboard', 'GET /dashboard', 'GET /dashboard/{file}', 'GET /dashboard/{folder}/{file}'],
];

export const UNBUILT_ROUTES: readonly Route<Handler>[] = UNBUILT.flatMap(([feature, ...routes]) =>
  routes.map((route) => {
    const [method, pattern] = route.split(' ') as [string, string];
    return { method, pattern, handler: refuse(`${feature} (${route})`) };
  }),
);

function refuse(feature: string): Handler {
  return () => {
    throw notImplemented(feature);
  };
}
