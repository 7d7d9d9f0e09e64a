import { describe, expect, it } from 'vitest';
import { Router } from './router.ts';

const routes = [
  'GET /',
  'GET /collections',
  'GET /collections/{c}',
  'PUT /collections/{c}',
  'POST /collections/aliases',
  'GET /collections/{c}/points/{id}',
  'POST /collections/{c}/points/scroll',
].map((text) => {
  const [method, pattern] = text.split(' ') as [string, string];
  return { method, pattern, handler: text };
});
const router = new Router(routes);

function find(request: string): unknown {
  const [method, path] = request.split(' ') as [string, string];
  const match = router.find(method, path);
  return match.kind === 'found' ? [match.route.handler, ...match.params] : match;
}

describe('Router', () => {
  it.each<[string, unknown]>([
    ['GET /', ['GET /']],
    ['GET /collections/', ['GET /collections']],
    ['GET /collections/a', ['GET /collections/{c}', 'a']],
    ['GET /collections/a%20b%2Fc', ['GET /collections/{c}', 'a b/c']],
    ['GET /collections/..', ['GET /collections/{c}', '..']],
    ['GET /collections/__proto__', ['GET /collections/{c}', '__proto__']],
    ['POST /collections/aliases', ['POST /collections/aliases']],
    ['GET /collections/aliases', ['GET /collections/{c}', 'aliases']],
    ['GET /collections/a/points/5/', ['GET /collections/{c}/points/{id}', 'a', '5']],
    ['GET /collections/a/points/scroll', ['GET /collections/{c}/points/{id}', 'a', 'scroll']],
    ['POST /collections/a/points/scroll', ['POST /collections/{c}/points/scroll', 'a']],
    ['DELETE /collections', { kind: 'method', allowed: ['GET'] }],
    ['DELETE /collections/aliases', { kind: 'method', allowed: ['POST', 'GET', 'PUT'] }],
    ['GET /nothing', { kind: 'none' }],
    ['GET //', ['GET /']],
    ['GET //collections', { kind: 'none' }],
    ['GET /collections//points/5', { kind: 'none' }],
    ['GET collections', { kind: 'none' }],
    ['GET *', { kind: 'none' }],
    ['GET /constructor', { kind: 'none' }],
    [`GET /${'a/'.repeat(20)}`, { kind: 'none' }],
  ])('%s', (request, expected) => {
    expect(find(request)).toEqual(expected);
  });

  it.each(['%', '%zz', '%E0%A4', '%C0%80'])('refuses the broken escape %s', (part) => {
    expect(() => find(`GET /collections/${part}`)).toThrow(/path parameters/);
  });

  it('refuses a table with a route twice', () => {
    expect(() => new Router([...routes, routes[0]!])).toThrow(/twice/);
  });
});
