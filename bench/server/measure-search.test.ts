import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { measureSearch, quantile } from './measure-search.ts';
import { processUsage } from './process-usage.ts';

let server: Server | null = null;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** A server that answers each body with what `answer` makes of it, in chunks when `chunked`. */
async function serve(
  answer: (body: string) => { status: number; text: string },
  chunked = false,
): Promise<string> {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { status, text } = answer(body);
    response.writeHead(status, chunked ? {} : { 'content-length': Buffer.byteLength(text) });
    if (chunked) response.write(text.slice(0, 2));
    response.end(chunked ? text.slice(2) : text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const load = (url: string) => ({
  target: { url },
  path: '/q',
  bodies: ['a', 'b', 'c', 'd', 'e'].map((text) => Buffer.from(text)),
  parallel: 2,
  seconds: 0.05,
  pid: process.pid,
});

describe.each([false, true])('measureSearch (chunked replies: %s)', (chunked) => {
  it('sends all bodies, keeps the first replies in order, and measures', async () => {
    const url = await serve((body) => ({ status: 200, text: `reply to ${body}` }), chunked);
    const measured = await measureSearch(load(url));
    expect(measured.replies.map(String)).toEqual(['a', 'b', 'c', 'd', 'e'].map((x) => `reply to ${x}`));
    expect(measured.requests).toBeGreaterThanOrEqual(5);
    expect(measured.requestsPerSecond).toBeGreaterThan(0);
    expect(measured.p50Ms).toBeLessThanOrEqual(measured.p99Ms);
  });
});

it('measureSearch rejects with the words of a server that refuses', async () => {
  const url = await serve(() => ({ status: 404, text: '{"status":{"error":"no such thing"}}' }));
  await expect(measureSearch(load(url))).rejects.toThrow('POST /q: 404 no such thing');
});

it('quantile takes the least value that covers the share', () => {
  const sorted = Float64Array.from([1, 2, 3, 4]);
  expect([0.25, 0.5, 0.95, 1].map((q) => quantile(sorted, q))).toEqual([1, 2, 4, 4]);
});

it.runIf(process.platform === 'linux')('processUsage tells CPU time and memory', () => {
  const { cpuSeconds, rssMb } = processUsage(process.pid);
  expect(cpuSeconds).toBeGreaterThan(0);
  expect(rssMb).toBeGreaterThan(10);
});
