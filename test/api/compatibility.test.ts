import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { serverUnderTest } from '../harness/client.ts';

/** The endpoint rows of COMPATIBILITY.md must be what a running server does. */
const under = serverUnderTest();

interface Endpoint {
  method: string;
  path: string;
  works: 'yes' | 'partly' | 'no';
}

const ROW = /^\| (GET|PUT|POST|PATCH|DELETE) `([^`]+)` \| (yes|partly|no) \|/gm;
const endpoints = [...readFileSync('COMPATIBILITY.md', 'utf8').matchAll(ROW)].map(
  ([, method, path, works]) => ({ method, path, works }) as Endpoint,
);
const VALUES: Record<string, string> = { c: 'compat', id: '1', shard_id: '0', peer_id: '1' };
const concrete = (path: string): string => path.replace(/\{(\w+)\}/g, (_, name) => VALUES[name] ?? 'x');

beforeAll(async () => {
  await under.raw('PUT', '/collections/compat', '{"vectors":{"size":2,"distance":"Dot"}}');
});

it('the table names the endpoints', () => expect(endpoints.length).toBeGreaterThan(90));

describe('COMPATIBILITY.md', () => {
  const ordered = endpoints.filter(
    ({ method, path }) => !(method === 'DELETE' && path === '/collections/{c}'),
  );
  it.each(ordered)('$method $path: $works', async ({ method, path, works }) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : '{}';
    const { status, json, text } = await under.raw(method, concrete(path), body);
    if (works === 'no') {
      expect(status, text).toBe(501);
      expect(json.status.error).toMatch(/is not supported by Sextant yet$/);
    } else {
      expect(status, text).not.toBe(501);
      expect(text).not.toContain('no such route');
    }
  });
});
