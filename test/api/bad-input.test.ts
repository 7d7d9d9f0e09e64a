import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawReply, serverUnderTest } from '../harness/client.ts';

const under = serverUnderTest();
const C = '/collections/bad';
const _UUID = '550e8400-e29b-41d4-a716-446655440000';
/** The longest that another request may wait while the server deals with a hostile one (its own bound is 100 ms). */
const STALL_MS_MAX = 250;

let outputBefore = '';
beforeAll(async () => {
  await under.raw('PUT', C, '{"vectors":{"size":3,"distance":"Dot"}}');
  await under.raw('PUT', `${C}/points?wait=true`, '{"points":[{"id":1,"vector":[1,2,3]}]}');
  outputBefore = under.server.output;
});

/** A refusal in the reference's shape: an error text in the envelope, and no result. */
function expectRefused(reply: RawReply, status: number | number[], text: RegExp): void {
  expect([status].flat(), reply.text.slice(0, 500)).toContain(reply.status);
  expect(reply.json).toEqual({ status: { error: expect.any(String) }, time: expect.any(Number) });
  expect(reply.json.status.error).toMatch(text);
}

const upsert = (points: string): Promise<RawReply> =>
  under.raw('PUT', `${C}/points?wait=true`, `{"points":[${points}]}`);
const query = (body: string): Promise<RawReply> => under.raw('POST', `${C}/points/query`, body);

describe('vectors', () => {
  it.each<[string, string, number | number[], RegExp]>([
    ['of a wrong dimension', '[1,2]', 400, /^Wrong input: Vector dimension error: expected dim: 3, got 2$/],
    ['with NaN', '[1,NaN,3]', 400, /^Format error in JSON body: /],
    ['with Infinity', '[1,Infinity,3]', 400, /^Format error in JSON body: /],
    ['with 1e39', '[1,1e39,3]', [400, 422], /./],
    ['with -1e999', '[1,-1e999,3]', [400, 422], /./],
    ['that are empty', '[]', [400, 422], /must not be empty|Vector dimension error/],
    ['that are ragged', '[[1,2,3],[1,2]]', [400, 422, 501], /./],
    ['with text', '[1,"2",3]', 400, /^Format error in JSON body: /],
    ['of an unknown name', '{"none":[1,2,3]}', 400, /^Wrong input: Not existing vector name error: none$/],
  ])('%s are refused', async (_name, vector, status, text) => {
    expectRefused(await upsert(`{"id":2,"vector":${vector}}`), status, text);
  });

  it.each<[string, string, number | number[]]>([
    ['of a wrong dimension', '[1,2]', 400],
    ['with 1e39', '[1,1e39,3]', [400, 422]],
    ['that are empty', '[]', [400, 422]],
  ])('%s are refused in a query', async (_name, vector, status) => {
    expectRefused(await query(`{"query":${vector}}`), status, /./);
  });

  it('2,000 by name are refused or refused by size, not a stall', async () => {
    const vectors = Array.from({ length: 2_000 }, (_, i) => `"v${i}":[1,2,3]`).join(',');
    expectRefused(
      await upsert(`{"id":2,"vector":{${vectors}}}`),
      400,
      /Not existing vector name error|vectors/,
    );
  });
});

describe('ids', () => {
  it.each(['-1', '1.5', '18446744073709551616', '"not-a-uuid"', 'null', 'true', '{}', '[1]', '1e3x'])(
    '%s is refused',
    async (id) => {
      expectRefused(await upsert(`{"id":${id},"vector":[1,2,3]}`), 400, /^Format error in JSON body: /);
    },
  );

  it.each(['-1', '1.5', '18446744073709551616', 'abc'])('%s in the path is refused', async (id) => {
    expectRefused(await under.raw('GET', `${C}/points/${id}`), 400, /point id/);
  });

  it('of absent points are told', async () => {
    expectRefused(
      await under.raw('GET', `${C}/points/99`),
      404,
      /^Not found: Point with id 99 does not exists!$/,
    );
    expectRefused(await query('{"query":99}'), 404, /^Not found: No point with id 99 found$/);
  });
});

describe('filters', () => {
  it.each<[string, string, number | number[]]>([
    ['with an unknown field', '{"mast":[{"has_id":[1]}]}', 400],
    ['with a condition of no kind', '{"must":[{"foo":1}]}', 400],
    ['with a field condition without predicate', '{"must":[{"key":"a"}]}', [400, 422]],
    ['that are no object', '[]', 400],
    ['with a bad range', '{"must":[{"key":"a","range":{"lt":"x"}}]}', [400, 422]],
    ['with a bad path', '{"must":[{"key":"a..b","match":{"value":1}}]}', [400, 422]],
    ['with min_count 0', '{"min_should":{"conditions":[],"min_count":0}}', [400, 422]],
  ])('%s are refused', async (_name, filter, status) => {
    expectRefused(await query(`{"query":[1,2,3],"filter":${filter}}`), status, /./);
    expectRefused(await under.raw('POST', `${C}/points/scroll`, `{"filter":${filter}}`), status, /./);
  });

  it('nested 10,000 deep are refused without a stall', async () => {
    const deep = `${'{"must":['.repeat(10_000)}{"has_id":[1]}${']}'.repeat(10_000)}`;
    const reply = await withoutStall(() => query(`{"query":[1,2,3],"filter":${deep}}`));
    expectRefused(reply, [400, 422], /./);
  });
});

describe('limits and offsets', () => {
  it.each<[string, RegExp, number | number[]]>([
    ['"limit":0', /limit: value 0 invalid, must be 1 or larger/, 422],
    ['"limit":-1', /./, 400],
    ['"limit":1.5', /./, 400],
    ['"limit":"ten"', /./, 400],
    ['"limit":18446744073709551616', /./, 400],
    ['"offset":-1', /./, 400],
    ['"params":{"hnsw_ef":0}', /hnsw_ef/, 422],
  ])('%s is refused', async (part, text, status) => {
    expectRefused(await query(`{"query":[1,2,3],${part}}`), status, text);
  });

  it.each(['"limit":9223372036854775808', '"offset":9223372036854775808'])(
    '%s is either served with what there is, or refused',
    async (part) => {
      const reply = await query(`{"query":[1,2,3],${part}}`);
      if (reply.status === 200) expect(reply.json.result.points.length).toBeLessThanOrEqual(1);
      else expectRefused(reply, [400, 422], /./);
    },
  );

  it('of a scroll and a timeout of 0 are refused', async () => {
    expectRefused(await under.raw('POST', `${C}/points/scroll`, '{"limit":0}'), [400, 422], /[Ll]imit/);
    expectRefused(
      await under.raw('POST', `${C}/points/query?timeout=0`, '{"query":[1,2,3]}'),
      422,
      /timeout/,
    );
    expectRefused(
      await under.raw('POST', `${C}/points/query?timeout=x`, '{"query":[1,2,3]}'),
      400,
      /^Deserialize error in query parameters: /,
    );
  });
});

describe('payload', () => {
  it('keeps __proto__ and constructor as data', async () => {
    const payload = '{"__proto__":{"polluted":true},"constructor":1,"a":{"__proto__":2}}';
    expect((await upsert(`{"id":5,"vector":[1,2,3],"payload":${payload}}`)).status).toBe(200);
    const { text } = await under.raw('GET', `${C}/points/5`);
    expect(text).toContain(payload);
    const filter = '{"must":[{"key":"__proto__.polluted","match":{"value":true}}]}';
    const found = await under.raw('POST', `${C}/points/scroll`, `{"filter":${filter}}`);
    expect(found.json.result.points.map((point: { id: number }) => point.id)).toEqual([5]);
    await under.raw('POST', `${C}/points/delete?wait=true`, '{"points":[5]}');
  });

  it.each(['[]', '1', '"x"', 'true'])('%s is refused as a payload', async (payload) => {
    const reply = await upsert(`{"id":6,"vector":[1,2,3],"payload":${payload}}`);
    expectRefused(reply, [400, 422], /./);
  });
});

describe('bodies', () => {
  it('that are truncated, empty or no JSON are refused', async () => {
    expectRefused(await query('{"query":[1,2'), 400, /^Format error in JSON body: /);
    expectRefused(await query(''), 400, /^Format error in JSON body: /);
    expectRefused(await query('hello'), 400, /^Format error in JSON body: /);
    expectRefused(await query('{"query":[1,2,3]} x'), 400, /^Format error in JSON body: /);
    expectRefused(await under.raw('POST', `${C}/points/query`, Buffer.from([0x7b, 0xff, 0x7d])), 400, /./);
  });

  it('of 32 MB of {}, are refused without a stall', async () => {
    const body = Buffer.concat([
      Buffer.from('['),
      Buffer.alloc(32 * 1024 * 1024 - 8, '{},'),
      Buffer.from('{}]'),
    ]);
    const reply = await withoutStall(() => under.raw('PUT', `${C}/points`, body));
    expectRefused(reply, 400, /./);
  });

  it('over the limit are refused with 413', async () => {
    const reply = await sendRaw(
      `PUT ${C}/points HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 40000000\r\n\r\n`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 413 /);
    expect(reply).toContain('"error"');
  });

  it('of another content type are refused', async () => {
    const body = '{"query":[1,2,3]}';
    const reply = await sendRaw(
      `POST ${C}/points/query HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect(reply).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(reply).toContain('"error"');
  });

  it('whose client goes away are forgotten', async () => {
    for (let i = 0; i < 20; i++) {
      const socket = connect(under.server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`PUT ${C}/points HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"points":[`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      socket.destroy();
    }
    expect((await under.raw('GET', '/livez')).status).toBe(200);
  });
});

describe('collection names', () => {
  it.each(['..', '.', '%2e%2e', 'a%2Fb', 'a%00b', 'a%5Cb', 'a%3Ab', 'x'.repeat(256)])(
    '%s creates nothing',
    async (name) => {
      const reply = await under.raw('PUT', `/collections/${name}`, '{"vectors":{"size":3,"distance":"Dot"}}');
      expect(reply.status, reply.text).toBeGreaterThanOrEqual(400);
      expect(reply.status).toBeLessThan(500);
      const { json } = await under.raw('GET', '/collections');
      expect(json.result.collections).toEqual([{ name: 'bad' }]);
    },
  );

  it.each<[string, RegExp]>([
    ['{"vectors":{"size":0,"distance":"Dot"}}', /vectors\.size: value 0 invalid, must be from 1 to 65536/],
    [
      '{"vectors":{"size":65537,"distance":"Dot"}}',
      /vectors\.size: value 65537 invalid, must be from 1 to 65536/,
    ],
    ['{"vectors":{"size":4,"distance":"Hamming"}}', /./],
    ['{"vectors":{"size":4}}', /distance/],
    ['{"vectors":{"size":4,"distance":"Dot"},"shard_number":0}', /shard_number/],
  ])('%s is no configuration', async (body, text) => {
    const reply = await under.raw('PUT', '/collections/other', body);
    expectRefused(reply, [400, 422], text);
  });
});

afterAll(async () => {
  // Only the good point is there, the server is well, and a client's mistakes are not the operator's business.
  const { json } = await under.raw('POST', `${C}/points/count`, '{}');
  expect(json.result).toEqual({ count: 1 });
  expect(under.server.output).toBe(outputBefore);
});

/** Runs the hostile request while another client asks every few milliseconds whether the server is alive. */
async function withoutStall(request: () => Promise<RawReply>): Promise<RawReply> {
  let done = false;
  let worstMs = 0;
  const watch = (async () => {
    while (!done) {
      const started = performance.now();
      expect((await under.raw('GET', '/livez')).status).toBe(200);
      worstMs = Math.max(worstMs, performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  const reply = await request();
  done = true;
  await watch;
  expect(worstMs).toBeLessThan(STALL_MS_MAX);
  return reply;
}

/** Sends bytes as they are and returns everything until the server closes, or the first reply's text after a moment. */
async function sendRaw(text: string): Promise<string> {
  const socket = connect(under.server.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk: Buffer) => {
    received += chunk.toString();
  });
  socket.on('error', () => {}); // a server may reset what it refuses; what it said before counts
  socket.write(text);
  const closed = once(socket, 'close');
  await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 2_000))]);
  socket.destroy();
  return received;
}
