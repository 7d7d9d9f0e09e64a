import { SextantError } from '../../model/errors.ts';
import { API_VERSION, SEXTANT_VERSION } from '../../shared/version.ts';
import type { Handler } from './call.ts';
import { JSON_TYPE, type RestReply, TEXT_TYPE } from './http.ts';
import type { Route } from './router.ts';

const text = (status: number, body: string): RestReply => ({ status, body, contentType: TEXT_TYPE });

/** Clients compare `version` with their own; `sextant` is the version of this program. */
const BANNER = JSON.stringify({
  title: 'sextant - vector search engine',
  version: API_VERSION,
  sextant: SEXTANT_VERSION,
});

const banner: Handler = () => ({ status: 200, body: BANNER, contentType: JSON_TYPE });

const alive: Handler = () => text(200, 'healthz check passed');

const ready: Handler = (call) =>
  call.coordinator.ready() ? text(200, 'all shards are ready') : text(503, 'some shards are not ready');

const cluster: Handler = (call) => call.result({ status: 'disabled' });

const standalone: Handler = () => {
  throw new SextantError('standalone', 'Qdrant is running in standalone mode');
};

export const SERVICE_ROUTES: readonly Route<Handler>[] = [
  { method: 'GET', pattern: '/', handler: banner },
  { method: 'GET', pattern: '/healthz', handler: alive },
  { method: 'GET', pattern: '/livez', handler: alive },
  { method: 'GET', pattern: '/readyz', handler: ready },
  { method: 'GET', pattern: '/cluster', handler: cluster },
  { method: 'POST', pattern: '/cluster/recover', handler: standalone },
  { method: 'DELETE', pattern: '/cluster/peer/{peer}', handler: standalone },
  { method: 'POST', pattern: '/collections/{c}/cluster', handler: standalone },
];
