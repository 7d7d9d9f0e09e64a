import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestContext } from '../../api/requests.ts';
import type { Coordinator } from '../../coordinator/coordinator.ts';
import { SextantError } from '../../model/errors.ts';
import type { BodyValue } from '../../model/json.ts';
import type { Logger } from '../../observability/logger.ts';
import { systemClock } from '../../shared/clock.ts';
import { type RestServer, type RestServerOptions, startRestServer } from './server.ts';

const servers: RestServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close(0)));
});

/** A coordinator that knows only what a test gives it. */
const coordinator = (verbs: Partial<Coordinator>): Coordinator =>
  new Proxy(verbs as Coordinator, {
    get(target, name) {
      const verb = Reflect.get(target, name);
      if (verb === undefined) throw new Error(`unexpected call of ${String(name)}`);
      return verb;
    },
  });

const logged: string[] = [];
const logger: Logger = {
  debug: (message) => logged.push(message),
  info: (message) => logged.push(message),
  warn: (message) => logged.push(message),
  error: (message) => logged.push(message),
};
afterEach(() => logged.splice(0));

const scanBody = (body: Uint8Array): BodyValue => {
  try {
    return JSON.parse(Buffer.from(body).toString()) as BodyValue;
  } catch (error) {
    throw new SextantError('jsonFormat', (error as Error).message);
  }
};

async function start(verbs: Partial<Coordinator>, options: Partial<RestServerOptions> = {}): Promise<string> {
  const server = await startRestServer({
    host: '127.0.0.1',
    port: 0,
    coordinator: coordinator(verbs),
    scanBody,
    logger,
    clock: systemClock,
    ...options,
  });
  servers.push(server);
  return `http://127.0.0.1:${server.port}`;
}

const COUNT = '/collections/c/points/count';
const json = { 'content-type': 'application/json' };
const post = (url: string, body: string, headers: Record<string, string> = json) =>
  fetch(url, { method: 'POST', body, headers });
const error = async (reply: Response): Promise<string> => {
  const body = (await reply.json()) as { status: { error: string } };
  expect(body).toEqual({ status: { error: expect.any(String) }, time: expect.any(Number) });
  return body.status.error;
};

async function raw(url: string): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  sockets.push(socket);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {}); // a reset is one of the expected ends
  await once(socket, 'connect');
  return { socket, received: () => Buffer.concat(chunks).toString() };
}

const head = (length: number | string, extra = ''): string =>
  `POST ${COUNT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${extra}\r\n`;

describe('replies', () => {
  it('carry the envelope', async () => {
    const url = await start({ count: async () => 7 });
    const reply = await post(`${url}${COUNT}/`, '{}');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(await reply.json()).toEqual({ result: { count: 7 }, status: 'ok', time: expect.any(Number) });
  });

  it('tell what went wrong inside only to the log', async () => {
    const url = await start({ count: () => Promise.reject(new Error('secret path /a/b')) });
    const reply = await post(`${url}${COUNT}`, '{}');
    expect(reply.status).toBe(500);
    expect(await error(reply)).toMatch(/^Service internal error: (?!.*secret)/);
    expect(logged).toEqual(['request failed']);
  });

  it('answer unknown routes, wrong methods, unbuilt features and bad escapes in the envelope', async () => {
    const url = await start({});
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    const wrong = await fetch(`${url}/collections`, { method: 'POST' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET']);
    const unbuilt = await post(`${url}/collections/c/facet`, '{}');
    expect([unbuilt.status, await error(unbuilt)]).toEqual([
      501,
      expect.stringMatching(/^facets .*not supported/),
    ]);
    const broken = await fetch(`${url}/collections/%E0%A4`);
    expect([broken.status, await error(broken)]).toEqual([400, expect.stringContaining('path parameters')]);
    expect(logged).toEqual([]);
  });

  it('of the service need no envelope', async () => {
    let ready = false;
    const url = await start({ ready: () => ready });
    expect(await (await fetch(url)).json()).toMatchObject({ version: '1.19.0', title: expect.any(String) });
    expect(await (await fetch(`${url}/healthz`)).text()).toBe('healthz check passed');
    expect((await fetch(`${url}/livez`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    ready = true;
    expect(await (await fetch(`${url}/readyz`)).text()).toBe('all shards are ready');
  });

  it('are compressed when asked and large', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `collection-${i}`);
    const url = await start({ listCollections: () => names });
    const ask = async (path: string, encoding: string): Promise<{ head: string; body: Buffer }> => {
      const { socket } = await raw(url);
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: ${encoding}\r\n\r\n`,
      );
      await once(socket, 'close');
      const all = Buffer.concat(chunks);
      const split = all.indexOf('\r\n\r\n');
      return { head: all.subarray(0, split).toString(), body: all.subarray(split + 4) };
    };
    const zipped = await ask('/collections', 'deflate, gzip');
    expect(zipped.head).toMatch(/content-encoding: gzip/i);
    expect(JSON.parse(gunzipSync(zipped.body).toString()).result.collections).toHaveLength(200);
    expect((await ask('/collections', 'gzip;q=0')).head).not.toMatch(/content-encoding/i);
    expect((await ask('/', 'gzip')).head).not.toMatch(/content-encoding/i);
  });

  it('allow other origins only when that is enabled', async () => {
    const open = await start({}, { enableCors: true });
    const asked = await fetch(`${open}/collections`, {
      method: 'OPTIONS',
      headers: { 'access-control-request-headers': 'api-key' },
    });
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('*');
    expect(asked.headers.get('access-control-allow-headers')).toBe('api-key');
    const closed = await start({});
    expect((await fetch(closed)).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('bodies', () => {
  it('of another content type are refused', async () => {
    const url = await start({});
    const reply = await post(`${url}${COUNT}`, '{}', { 'content-type': 'text/plain' });
    expect([reply.status, await error(reply)]).toEqual([
      400,
      'Format error in JSON body: Content type error',
    ]);
    const typed = await start({ count: async () => 1 });
    const charset = { 'content-type': 'application/json; charset=utf-8' };
    expect((await post(`${typed}${COUNT}`, '{}', charset)).status).toBe(200);
  });

  it('may be compressed, and are bounded by what they grow to', async () => {
    const url = await start({ count: async () => 1 }, { limits: { bodyBytesMax: 10_000 } });
    const send = (body: Buffer, encoding: string) =>
      fetch(`${url}${COUNT}`, { method: 'POST', body, headers: { ...json, 'content-encoding': encoding } });
    const body = Buffer.from(`{}${' '.repeat(9000)}`);
    expect((await send(gzipSync(body), 'gzip')).status).toBe(200);
    expect((await send(deflateSync(body), 'deflate')).status).toBe(200);
    expect((await send(brotliCompressSync(body), 'br')).status).toBe(200);
    expect((await send(body, 'identity')).status).toBe(200);
    expect((await send(gzipSync(Buffer.alloc(10_000_000)), 'gzip')).status).toBe(413);
    for (const encoding of ['gzip', 'zstd', 'constructor']) {
      const reply = await send(body, encoding);
      expect([reply.status, await error(reply)]).toEqual([
        400,
        expect.stringContaining('Content encoding error'),
      ]);
    }
    expect(logged).toEqual([]);
  });

  it('over the limit are refused with 413, announced or not, and the connection goes on', async () => {
    const url = await start({ count: async () => 1 }, { limits: { bodyBytesMax: 1000 } });
    const announced = await post(`${url}${COUNT}`, ' '.repeat(1001));
    expect([announced.status, await error(announced)]).toEqual([413, expect.stringContaining('1000')]);
    const { socket, received } = await raw(url);
    socket.write(
      `POST ${COUNT} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    for (let i = 0; i < 30; i++) socket.write(`64\r\n${' '.repeat(100)}\r\n`);
    await expect.poll(received).toMatch(/^HTTP\/1\.1 413 /);
    socket.write(`0\r\n\r\n${head(2)}{}`);
    await expect.poll(received).toMatch(/HTTP\/1\.1 200 /);
    expect((await post(`${url}${COUNT}`, `{}${' '.repeat(998)}`)).status).toBe(200);
  });

  it('announced as too large are refused before they are sent, also with Expect', async () => {
    const url = await start({}, { limits: { bodyBytesMax: 1000 } });
    const { socket, received } = await raw(url);
    socket.write(head(40_000_000, 'Expect: 100-continue\r\n'));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 413 [\s\S]*connection: close[\s\S]*"error"/i);
  });

  it('that wait for "100 Continue" get it', async () => {
    const url = await start({ count: async () => 1 });
    const { socket, received } = await raw(url);
    socket.write(head(2, 'Expect: 100-continue\r\n'));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 100 /);
    socket.write('{}');
    await expect.poll(received).toMatch(/HTTP\/1\.1 200 /);
  });

  it('beyond what may be in flight at one time are told to come again', async () => {
    const url = await start(
      { count: async () => 1 },
      { limits: { bodyBytesMax: 1500, bodiesBytesMax: 1500 } },
    );
    const first = await raw(url);
    first.socket.write(`${head(1000)}${' '.repeat(990)}`);
    await sleep(50);
    const second = await post(`${url}${COUNT}`, ' '.repeat(900));
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '1']);
    first.socket.write(`{}${' '.repeat(8)}`);
    await expect.poll(first.received).toMatch(/^HTTP\/1\.1 200 /);
    expect((await post(`${url}${COUNT}`, `{}${' '.repeat(900)}`)).status).toBe(200);
  });
});

describe('clients', () => {
  it('that go away in the middle of a body are forgotten without a word', async () => {
    const url = await start({ count: async () => 1 });
    for (let i = 0; i < 5; i++) {
      const { socket } = await raw(url);
      socket.write(`${head(1000)}{"fil`);
      await sleep(5);
      socket.destroy();
    }
    expect((await post(`${url}${COUNT}`, '{}')).status).toBe(200);
    expect(logged).toEqual([]);
  });

  it('that go away while they are served abort their request', async () => {
    const contexts: RequestContext[] = [];
    const url = await start({
      count: (context) => {
        contexts.push(context);
        return new Promise<number>((_, reject) => {
          context.signal.addEventListener('abort', () => reject(new SextantError('timeout', 'gone')));
        });
      },
    });
    const { socket } = await raw(url);
    socket.write(`${head(2)}{}`);
    await expect.poll(() => contexts.length).toBe(1);
    expect(contexts[0]!.signal.aborted).toBe(false);
    socket.destroy();
    await expect.poll(() => contexts[0]!.signal.aborted).toBe(true);
    expect(logged).toEqual([]);
  });

  it('that go away leave no trace in the log when the work throws the reason of the abort', async () => {
    let stopped = false;
    const url = await start({
      count: async (context) => {
        await once(context.signal, 'abort');
        stopped = true;
        context.signal.throwIfAborted();
        return 0;
      },
    });
    const { socket } = await raw(url);
    socket.write(`${head(2)}{}`);
    await sleep(50);
    socket.destroy();
    await expect.poll(() => stopped).toBe(true);
    await sleep(10);
    expect(logged).toEqual([]);
  });

  it('that are slow with the head or the body are cut off', async () => {
    const url = await start({}, { limits: { headersMs: 100, requestMs: 200 } });
    const slowHead = await raw(url);
    slowHead.socket.write('GET / HT');
    const slowBody = await raw(url);
    slowBody.socket.write(`${head(100)}{`);
    await Promise.all([once(slowHead.socket, 'close'), once(slowBody.socket, 'close')]);
    expect(slowHead.received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(logged).toEqual([]);
  });

  it('that take nothing of their reply are cut off, those that take it slowly are not', async () => {
    const names = Array.from({ length: 2000 }, () => 'n'.repeat(10_000));
    const url = await start({ listCollections: () => names }, { limits: { replyStallMs: 300 } });
    const stuck = await raw(url);
    stuck.socket.pause();
    const slow = await raw(url);
    for (const { socket } of [stuck, slow]) socket.write('GET /collections HTTP/1.1\r\nHost: x\r\n\r\n');
    for (let i = 0; i < 20; i++) {
      slow.socket.resume();
      await sleep(5);
      slow.socket.pause();
      await sleep(40);
    }
    slow.socket.resume();
    await expect.poll(() => slow.received().endsWith('}'), { timeout: 10_000 }).toBe(true);
    stuck.socket.resume();
    await once(stuck.socket, 'close');
    expect(stuck.received().length).toBeLessThan(slow.received().length);
    expect(logged).toEqual([]);
  });

  it.each([
    ['no request line', 'NONSENSE\r\n\r\n'],
    ['two lengths', 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a huge head', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['zeros', '\0\0\0\0\r\n\r\n'],
  ])('that speak no proper HTTP are refused: %s', async (_name, bytes) => {
    const url = await start({});
    const { socket, received } = await raw(url);
    socket.write(bytes);
    await once(socket, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(logged).toEqual([]);
  });

  it('keep their connection over many requests', async () => {
    const url = await start({ count: async () => 1 });
    const { socket, received } = await raw(url);
    for (let i = 0; i < 50; i++) socket.write(`${head(2)}{}`);
    await expect.poll(() => received().split('HTTP/1.1 200 ').length - 1).toBe(50);
  });
});

describe('closing', () => {
  it('lets a running request finish', async () => {
    let release: (value: number) => void = () => {};
    const url = await start({
      count: () =>
        new Promise<number>((resolve) => {
          release = resolve;
        }),
    });
    const { socket, received } = await raw(url);
    socket.write(`${head(2)}{}`);
    await sleep(50);
    const closed = servers[0]!.close(10_000);
    await expect(fetch(url)).rejects.toThrow();
    release(3);
    await closed;
    await expect.poll(received).toMatch(/^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*"count":3/i);
  });

  it('cuts and aborts what takes longer than the grace', async () => {
    const contexts: RequestContext[] = [];
    const url = await start({
      count: (context) => {
        contexts.push(context);
        return new Promise<number>(() => {});
      },
    });
    const { socket } = await raw(url);
    socket.write(`${head(2)}{}`);
    await expect.poll(() => contexts.length).toBe(1);
    await servers[0]!.close(50);
    await expect.poll(() => contexts[0]!.signal.aborted).toBe(true);
  });

  it('rejects the start on a port in use', async () => {
    const url = await start({});
    await expect(start({}, { port: Number(new URL(url).port) })).rejects.toThrow(/EADDRINUSE/);
  });
});
