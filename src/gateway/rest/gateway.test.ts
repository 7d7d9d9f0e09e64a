import { describe, expect, it } from 'vitest';
import { scanned } from '../../../test/harness/scan.ts';
import type { CollectionInfo } from '../../api/requests.ts';
import type { Coordinator } from '../../coordinator/coordinator.ts';
import { NO_HNSW_DIFF } from '../../model/collection-config.ts';
import { type ErrorKind, SextantError } from '../../model/errors.ts';
import { type Logger, silentLogger } from '../../observability/logger.ts';
import { systemClock } from '../../shared/clock.ts';
import { Gateway } from './gateway.ts';

interface Answer {
  status: number;
  json: { result?: unknown; status: unknown; time: number };
  text: string;
}

async function ask(
  verbs: Partial<Coordinator>,
  request: string,
  body?: string,
  logger: Logger = silentLogger,
): Promise<Answer> {
  const deps = {
    coordinator: verbs as Coordinator,
    scanBody: (bytes: Uint8Array) => scanned(Buffer.from(bytes).toString()),
    clock: systemClock,
    searchTimeoutMs: 60_000,
  };
  const [method, target] = request.split(' ') as [string, string];
  const [path, query = ''] = target.split('?') as [string, string?];
  const reply = await new Gateway(deps, logger).answer(
    {
      method,
      path,
      query: new URLSearchParams(query),
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(body ?? ''),
      signal: new AbortController().signal,
    },
    systemClock.monotonicMs(),
  );
  const text = Array.isArray(reply.body) ? Buffer.concat(reply.body).toString() : reply.body.toString();
  return { status: reply.status, text, json: text.startsWith('{') ? JSON.parse(text) : null };
}

const EMPTY_FILTER = { must: [], should: [], mustNot: [], minShould: null };

describe('collections', () => {
  it('are created, updated, listed and deleted', async () => {
    const calls: unknown[] = [];
    const verbs: Partial<Coordinator> = {
      createCollection: async (_, name, request) => void calls.push(['create', name, request.shard_number]),
      updateCollection: async (_, name, request) => void calls.push(['update', name, request.metadata]),
      deleteCollection: async (_, name) => name === 'there',
      listCollections: () => ['a', 'b'],
      collectionExists: (name) => name === 'a',
    };
    expect((await ask(verbs, 'PUT /collections/a%20b', '{"shard_number":1}')).json.result).toBe(true);
    expect((await ask(verbs, 'PATCH /collections/c', '{"metadata":{"a":1}}')).json.result).toBe(true);
    expect(calls).toEqual([
      ['create', 'a b', 1],
      ['update', 'c', { a: 1 }],
    ]);
    expect((await ask(verbs, 'DELETE /collections/there')).json.result).toBe(true);
    expect((await ask(verbs, 'DELETE /collections/gone')).json.result).toBe(false);
    expect((await ask(verbs, 'GET /collections')).json.result).toEqual({
      collections: [{ name: 'a' }, { name: 'b' }],
    });
    expect((await ask(verbs, 'GET /collections/a/exists')).json.result).toEqual({ exists: true });
    expect((await ask(verbs, 'PUT /collections/..', '{}')).status).toBe(422);
  });

  it('tell their configuration as the wire does', async () => {
    const { json } = await ask({ collectionInfo: async () => INFO }, 'GET /collections/c');
    expect(json.result).toEqual({
      status: 'green',
      optimizer_status: 'ok',
      indexed_vectors_count: 1,
      points_count: 2,
      segments_count: 3,
      config: {
        params: {
          vectors: { size: 4, distance: 'Dot', hnsw_config: { m: 8 } },
          shard_number: 1,
          replication_factor: 1,
          write_consistency_factor: 1,
          on_disk_payload: true,
        },
        hnsw_config: {
          m: 16,
          ef_construct: 100,
          full_scan_threshold: 10000,
          max_indexing_threads: 0,
          on_disk: false,
        },
        optimizer_config: {
          deleted_threshold: 0.2,
          vacuum_min_vector_number: 1000,
          default_segment_number: 0,
          max_segment_size: null,
          memmap_threshold: null,
          indexing_threshold: 10000,
          flush_interval_sec: 5,
          max_optimization_threads: null,
        },
        wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
        quantization_config: { scalar: { type: 'int8' } },
        metadata: { big: 2 ** 64 },
      },
      payload_schema: {
        a: { data_type: 'keyword', points: 1 },
        ['__proto__']: { data_type: 'integer', params: { type: 'integer', lookup: true }, points: 0 },
      },
      update_queue: { length: 0 },
    });
    const named = structuredClone(INFO);
    const params = named.config.vectors.get('')!;
    named.config.vectors = new Map([
      ['', params],
      ['b', { ...params, hnsw_config: null }],
    ]);
    named.optimizerError = 'disk';
    const { json: second } = await ask({ collectionInfo: async () => named }, 'GET /collections/c');
    expect(second.result).toMatchObject({
      optimizer_status: { error: 'disk' },
      config: { params: { vectors: { '': { size: 4 }, b: { size: 4, distance: 'Dot' } } } },
    });
  });
});

describe('writes', () => {
  it.each<[string, string | undefined, unknown]>([
    ['PUT /collections/c/points', '{"points":[]}', { kind: 'upsert', points: [] }],
    [
      'POST /collections/c/points/delete',
      '{"points":[1]}',
      { kind: 'delete', selector: { ids: [1], filter: null } },
    ],
    ['PUT /collections/c/points/vectors', '{"points":[{"id":1,"vector":[1]}]}', { kind: 'updateVectors' }],
    ['POST /collections/c/points/vectors/delete', '{"points":[1],"vector":["a"]}', { kind: 'deleteVectors' }],
    ['POST /collections/c/points/payload', '{"payload":{},"points":[1]}', { kind: 'setPayload' }],
    ['PUT /collections/c/points/payload', '{"payload":{},"points":[1]}', { kind: 'overwritePayload' }],
    ['POST /collections/c/points/payload/delete', '{"keys":["a"],"points":[1]}', { kind: 'deletePayload' }],
    [
      'POST /collections/c/points/payload/clear',
      '{"filter":{}}',
      { selector: { ids: null, filter: EMPTY_FILTER } },
    ],
    [
      'PUT /collections/c/index',
      '{"field_name":"a","field_schema":"keyword"}',
      { kind: 'createIndex', path: 'a' },
    ],
    ['DELETE /collections/c/index/a.b', undefined, { kind: 'deleteIndex', path: 'a.b' }],
  ])('%s', async (request, body, expected) => {
    const calls: unknown[] = [];
    const write: Coordinator['write'] = async (context, name, requests, options) => {
      calls.push([context.timeoutMs, name, requests, options]);
      return [{ operationId: 7, status: 'completed' }];
    };
    const { json } = await ask({ write }, `${request}?wait=true&ordering=strong&timeout=3`, body);
    expect(json.result).toEqual({ operation_id: 7, status: 'completed' });
    const options = { wait: true, ordering: 'strong', timeoutSec: 3 };
    expect(calls).toMatchObject([[3000, 'c', [expected], options]]);
  });

  it.each([
    ['PUT /collections/c/points', 'points', '{"id":1,"vector":[1]}', 20_000],
    ['POST /collections/c/points/batch', 'operations', '{"delete":{"points":[1]}}', 3000],
  ])('that are long let other requests have their turn: %s', async (request, list, item, count) => {
    const write: Coordinator['write'] = async (_context, _name, requests) =>
      requests.map(() => ({ operationId: 0, status: 'acknowledged' }));
    let turns = 0;
    const turn = (): void => {
      turns++;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    const { status } = await ask({ write }, request, `{"${list}":[${Array(count).fill(item).join(',')}]}`);
    clearImmediate(timer);
    expect(status).toBe(200);
    expect(turns).toBeGreaterThanOrEqual(15);
  });

  it('in a batch have a result each', async () => {
    const write: Coordinator['write'] = async (_context, _name, requests) =>
      requests.map((_, i) => ({ operationId: i, status: 'acknowledged' }));
    const operations = '{"operations":[{"delete":{"points":[1]}},{"clear_payload":{"points":[1]}}]}';
    expect((await ask({ write }, 'POST /collections/c/points/batch', operations)).json.result).toEqual([
      { operation_id: 0, status: 'acknowledged' },
      { operation_id: 1, status: 'acknowledged' },
    ]);
  });
});

describe('reads', () => {
  const hit = { id: 1, version: 2, score: 0.5, payload: null, vectors: null };
  const wire = { id: 1, version: 2, score: 0.5 };
  const query: Coordinator['query'] = async (_context, _name, requests) => requests.map(() => [hit]);

  it.each<[string, string, unknown]>([
    ['query', '{"query":[1]}', { points: [wire] }],
    ['query/batch', '{"searches":[{},{}]}', [{ points: [wire] }, { points: [wire] }]],
    ['search', '{"vector":[1],"limit":1}', [wire]],
    ['search/batch', '{"searches":[{"vector":[1],"limit":1}]}', [[wire]]],
  ])('points/%s', async (route, body, expected) => {
    expect((await ask({ query }, `POST /collections/c/points/${route}`, body)).json.result).toEqual(expected);
  });

  it('give the search its default limit of time', async () => {
    const seen: number[] = [];
    const count: Coordinator['count'] = async (context) => {
      seen.push(context.timeoutMs);
      return 5;
    };
    expect((await ask({ count }, 'POST /collections/c/points/count', '{}')).json.result).toEqual({
      count: 5,
    });
    await ask({ count }, 'POST /collections/c/points/count?timeout=2&consistency=majority', '{}');
    expect(seen).toEqual([60_000, 2000]);
    const { status, text } = await ask({ count }, 'POST /collections/c/points/count?consistency=few', '{}');
    expect([status, text]).toEqual([400, expect.stringContaining('Deserialize error in query parameters: ')]);
  });

  it('of points by id, one or many', async () => {
    const retrieve: Coordinator['retrieve'] = async (_context, _name, request) =>
      request.ids.filter((id) => id === 1).map((id) => ({ id, payload: Buffer.from('{}'), vectors: null }));
    const one = { id: 1, payload: {} };
    expect((await ask({ retrieve }, 'GET /collections/c/points/1')).json.result).toEqual(one);
    expect((await ask({ retrieve }, 'POST /collections/c/points', '{"ids":[2,1]}')).json.result).toEqual([
      one,
    ]);
    const missing = await ask({ retrieve }, 'GET /collections/c/points/18446744073709551615');
    expect([missing.status, missing.json.status]).toEqual([
      404,
      { error: 'Not found: Point with id 18446744073709551615 does not exists!' },
    ]);
    const bad = await ask({ retrieve }, 'GET /collections/c/points/x%22y');
    expect([bad.status, bad.json.status]).toEqual([400, { error: 'Can not recognize "x"y" as point id' }]);
  });

  it.each([
    [null, 'null'],
    [18446744073709551615n, '18446744073709551615'],
    ['550e8400-e29b-41d4-a716-446655440000', '"550e8400-e29b-41d4-a716-446655440000"'],
  ])('scroll to the next page at %s', async (nextPageOffset, text) => {
    const scroll: Coordinator['scroll'] = async () => ({ points: [], nextPageOffset });
    const reply = await ask({ scroll }, 'POST /collections/c/points/scroll', '{}');
    expect(reply.text).toMatch(`{"result":{"points":[],"next_page_offset":${text}},"status":"ok","time":`);
  });
});

describe('errors', () => {
  it.each<[ErrorKind, number, string]>([
    ['badInput', 400, 'Wrong input: m'],
    ['badRequest', 400, 'Bad request: m'],
    ['jsonFormat', 400, 'Format error in JSON body: m'],
    ['queryFormat', 400, 'Deserialize error in query parameters: m'],
    ['pathFormat', 400, 'm'],
    ['validation', 422, 'm'],
    ['payloadTooLarge', 413, 'm'],
    ['notFound', 404, 'Not found: m'],
    ['alreadyExists', 409, 'Wrong input: m'],
    ['forbidden', 403, 'Forbidden: m'],
    ['timeout', 408, 'Timeout: m'],
    ['rateLimit', 429, 'Rate limiting exceeded: m'],
    ['standalone', 405, 'm'],
    ['notImplemented', 501, 'm'],
    ['precondition', 500, 'Pre-condition failure: m'],
    ['unavailable', 503, 'Shard temporarily unavailable: m'],
    ['insufficientStorage', 507, 'Insufficient storage: m'],
  ])('of kind %s answer %d', async (kind, status, text) => {
    const listCollections = (): never => {
      throw new SextantError(kind, 'm');
    };
    const reply = await ask({ listCollections }, 'GET /collections');
    expect([reply.status, reply.json.status]).toEqual([status, { error: text }]);
    expect(reply.json).not.toHaveProperty('result');
  });

  it.each([new SextantError('internal', 'secret'), new Error('secret'), 'secret'])(
    'of the server itself keep their text inside: %s',
    async (thrown) => {
      const lines: unknown[] = [];
      const logger = { ...silentLogger, error: (...line: unknown[]) => void lines.push(line) };
      const listCollections = (): never => {
        throw thrown;
      };
      const reply = await ask({ listCollections }, 'GET /collections', undefined, logger);
      expect([reply.status, reply.text]).toEqual([500, expect.not.stringContaining('secret')]);
      expect(lines).toEqual([['request failed', { error: thrown }]]);
    },
  );

  it.each(['POST /cluster/recover', 'DELETE /cluster/peer/1', 'POST /collections/c/cluster'])(
    '%s needs a cluster',
    async (request) => {
      const reply = await ask({}, request);
      expect([reply.status, reply.json.status]).toEqual([
        405,
        { error: 'Qdrant is running in standalone mode' },
      ]);
    },
  );
});

const INFO: CollectionInfo = {
  status: 'green',
  optimizerError: null,
  indexedVectorsCount: 1,
  pointsCount: 2,
  segmentsCount: 3,
  updateQueueLength: 0,
  payloadSchema: new Map([
    ['a', { schema: { type: 'keyword', params: null, lookup: true, range: true }, points: 1 }],
    [
      '__proto__',
      {
        schema: { type: 'integer', params: { type: 'integer', lookup: true }, lookup: true, range: true },
        points: 0,
      },
    ],
  ]),
  config: {
    vectors: new Map([
      [
        '',
        {
          size: 4,
          distance: 'Dot',
          datatype: null,
          hnsw_config: {
            ...NO_HNSW_DIFF,
            m: 8,
          },
          quantization_config: null,
          on_disk: null,
          memory: null,
        },
      ],
    ]),
    shard_number: 1,
    replication_factor: 1,
    write_consistency_factor: 1,
    read_fan_out_factor: null,
    on_disk_payload: true,
    hnsw_config: {
      m: 16,
      ef_construct: 100,
      full_scan_threshold: 10000,
      max_indexing_threads: 0,
      on_disk: false,
      memory: null,
      payload_m: null,
      inline_storage: null,
    },
    optimizer_config: {
      deleted_threshold: 0.2,
      vacuum_min_vector_number: 1000,
      default_segment_number: 0,
      max_segment_size: null,
      memmap_threshold: null,
      indexing_threshold: 10000,
      flush_interval_sec: 5,
      max_optimization_threads: 'auto',
      prevent_unoptimized: null,
    },
    wal_config: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
    quantization_config: { scalar: { type: 'int8', quantile: null, always_ram: null, memory: null } },
    metadata: { big: 18446744073709551616n },
  },
};
