import { describe, expect, it } from 'vitest';
import { outcome, scanned } from '../../test/harness/scan.ts';
import { runSteps } from '../shared/steps.ts';
import { parseBody, parseBodyInSteps } from './parse-points.ts';
import { parseQuery, parseQueryBatch, parseSearch, parseSearchBatch } from './parse-query.ts';
import { parseCount, parseRetrieve, parseScroll } from './parse-reads.ts';

const query = (text: string) => outcome(() => parseBody(scanned(text), parseQuery));
const search = (text: string) => outcome(() => parseBody(scanned(text), parseSearch));
const scroll = (text: string) => outcome(() => parseBody(scanned(text), parseScroll));

const PARAMS = { hnswEf: null, exact: false, indexedOnly: false, quantization: null };
const DEFAULTS = {
  query: null,
  using: '',
  filter: null,
  params: PARAMS,
  scoreThreshold: null,
  limit: 10,
  offset: 0,
  withPayload: false,
  withVector: false,
};
const UUID = '550e8400-e29b-41d4-a716-446655440000';
const refused = (fields: string) => `validation: Validation error in JSON body: [${fields}]`;

describe('queries', () => {
  it('have defaults for everything', () => {
    expect(query('{}')).toEqual(DEFAULTS);
    const nulls =
      '{"query":null,"using":null,"filter":null,"params":null,"score_threshold":null,"limit":null,"offset":null,"with_payload":null,"with_vector":null,"prefetch":null,"lookup_from":null,"shard_key":null}';
    expect(query(nulls)).toEqual(DEFAULTS);
    expect(query('{"unknown":1,"prefetch":[]}')).toEqual(DEFAULTS);
  });

  it.each<[string, unknown]>([
    ['[1,2.5]', { vector: new Float32Array([1, 2.5]) }],
    ['{"nearest":[1]}', { vector: new Float32Array([1]) }],
    ['{"nearest":[1],"mmr":null}', { vector: new Float32Array([1]) }],
    ['5', { id: 5 }],
    ['{"nearest":5}', { id: 5 }],
    ['18446744073709551615', { id: 18446744073709551615n }],
    [`"${UUID.toUpperCase()}"`, { id: UUID }],
    [`{"nearest":"urn:uuid:${UUID}"}`, { id: UUID }],
  ])('%s', (text, expected) => {
    expect(query(`{"query":${text}}`)).toEqual({ ...DEFAULTS, query: expected });
  });

  it.each<[string, string | RegExp]>([
    ['[]', refused('internal.query: dense vector must not be empty')],
    ['[1,1e39]', refused('internal.query[1]: value invalid, must be a finite 32-bit number')],
    [
      '{"nearest":[-1e39]}',
      refused('internal.query.nearest[0]: value invalid, must be a finite 32-bit number'),
    ],
    ['[1,"2"]', /^jsonFormat: data did not match any variant of untagged enum QueryInterface/],
    ['{}', /^jsonFormat: data did not match any variant of untagged enum QueryInterface/],
    ['true', /^jsonFormat: data did not match any variant of untagged enum QueryInterface/],
    ['-1', /^jsonFormat: value -1 is not a valid point ID/],
    ['1.5', /^jsonFormat: value 1.5 is not a valid point ID/],
    ['18446744073709551616', /^jsonFormat: /],
    ['"x"', /^jsonFormat: value x is not a valid point ID/],
    ['[[1,2],[3,4]]', /^notImplemented: multivectors/],
    ['{"indices":[1],"values":[0.5]}', /^notImplemented: sparse vectors/],
    ['{"nearest":{"indices":[1],"values":[0.5]}}', /^notImplemented: sparse vectors/],
    ['{"text":"a","model":"b"}', /^notImplemented: inference/],
    ['{"nearest":{"image":"a","model":"b"}}', /^notImplemented: inference/],
    ['{"nearest":[1],"mmr":{}}', /^notImplemented: the query `mmr`/],
    ['{"recommend":{"positive":[1]}}', /^notImplemented: the query `recommend`/],
    ['{"discover":{"target":1,"context":[]}}', /`discover`/],
    ['{"context":[]}', /`context`/],
    ['{"order_by":"a"}', /`order_by`/],
    ['{"fusion":"rrf"}', /`fusion`/],
    ['{"rrf":{}}', /`rrf`/],
    ['{"formula":"$score"}', /`formula`/],
    ['{"sample":"random"}', /`sample`/],
    ['{"relevance_feedback":{}}', /`relevance_feedback`/],
  ])('of %s are refused', (text, error) => {
    expect(query(`{"query":${text}}`)).toEqual(
      typeof error === 'string' ? error : expect.stringMatching(error),
    );
  });

  it.each<[string, object]>([
    ['"limit":1', { limit: 1 }],
    ['"limit":9223372036854775808', { limit: Number.MAX_SAFE_INTEGER }],
    ['"limit":18446744073709551615', { limit: Number.MAX_SAFE_INTEGER }],
    ['"offset":0', { offset: 0 }],
    ['"offset":18446744073709551615', { offset: Number.MAX_SAFE_INTEGER }],
    ['"using":"a"', { using: 'a' }],
    ['"with_payload":true', { withPayload: true }],
    ['"with_payload":["a","b[].c"]', { withPayload: { include: ['a', 'b[].c'] } }],
    ['"with_payload":[]', { withPayload: { include: [] } }],
    ['"with_payload":{"include":["a"]}', { withPayload: { include: ['a'] } }],
    ['"with_payload":{"exclude":["a"]}', { withPayload: { exclude: ['a'] } }],
    ['"with_vector":true', { withVector: true }],
    ['"with_vectors":["a",""]', { withVector: ['a', ''] }],
    ['"params":{}', {}],
    [
      '"params":{"hnsw_ef":1,"exact":true,"indexed_only":true}',
      {
        params: { hnswEf: 1, exact: true, indexedOnly: true, quantization: null },
      },
    ],
    [
      '"params":{"quantization":{}}',
      {
        params: { ...PARAMS, quantization: { ignore: false, rescore: null, oversampling: null } },
      },
    ],
    [
      '"params":{"quantization":{"ignore":true,"rescore":false,"oversampling":1}}',
      {
        params: { ...PARAMS, quantization: { ignore: true, rescore: false, oversampling: 1 } },
      },
    ],
    ['"params":{"acorn":{"enable":false}}', {}],
  ])('with %s', (part, expected) => {
    expect(query(`{${part}}`)).toEqual({ ...DEFAULTS, ...expected });
  });

  it.each<[string, string | RegExp]>([
    ['"limit":0', refused('internal.limit: value 0 invalid, must be 1 or larger')],
    ['"limit":-1', 'jsonFormat: invalid value: integer `-1`, expected usize'],
    ['"limit":1.5', 'jsonFormat: invalid type: floating point `1.5`, expected usize'],
    ['"limit":"1"', 'jsonFormat: invalid type: string "1", expected usize'],
    ['"limit":18446744073709551616', /^jsonFormat: /],
    ['"offset":-1', 'jsonFormat: invalid value: integer `-1`, expected usize'],
    ['"using":5', 'jsonFormat: invalid type: integer `5`, expected a string'],
    ['"score_threshold":"x"', 'jsonFormat: invalid type: string "x", expected f64'],
    ['"params":5', 'jsonFormat: invalid type: integer `5`, expected struct SearchParams'],
    ['"params":{"hnsw_ef":0}', refused('internal.params.hnsw_ef: value 0 invalid, must be 1 or larger')],
    ['"params":{"exact":null}', 'jsonFormat: invalid type: null, expected a boolean'],
    ['"params":{"exact":1}', 'jsonFormat: invalid type: integer `1`, expected a boolean'],
    [
      '"params":{"quantization":{"oversampling":0.5}}',
      refused('internal.params.quantization.oversampling: value 0.5 invalid, must be 1.0 or larger'),
    ],
    ['"params":{"acorn":{"enable":true}}', /^notImplemented: .*`acorn`/],
    [
      '"params":{"acorn":{"max_selectivity":2}}',
      refused('internal.params.acorn.max_selectivity: value 2.0 invalid, must be from 0.0 to 1.0'),
    ],
    ['"params":{"idf":"global"}', /^badInput: search param `idf` requires a sparse vector/],
    ['"with_payload":5', /^jsonFormat: data did not match/],
    [
      '"with_payload":{"include":["a"],"x":1}',
      'jsonFormat: unknown field `x`, expected `include` or `exclude`',
    ],
    ['"with_payload":{"include":["a"],"exclude":["b"]}', /^jsonFormat: data did not match/],
    ['"with_payload":{}', /^jsonFormat: data did not match/],
    ['"with_payload":["a..b"]', "jsonFormat: Invalid json path: 'a..b'"],
    ['"with_vector":5', /^jsonFormat: data did not match/],
    ['"with_vector":[5]', /^jsonFormat: data did not match/],
    ['"shard_key":"a"', /^notImplemented: custom sharding/],
    ['"lookup_from":{"collection":"a"}', /^notImplemented: `lookup_from`/],
    ['"prefetch":{}', /^badRequest: A query is needed to merge the prefetches\./],
    ['"query":[1],"prefetch":[{}]', /^notImplemented: `prefetch`/],
    ['"score_threshold":0.5', /^badRequest: A query is needed to use the score_threshold\./],
    [
      '"filter":{"must":{"key":"a"}}',
      refused('internal.filter.must: At least one field condition must be specified'),
    ],
  ])('with %s are refused', (part, error) => {
    expect(query(`{${part}}`)).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
  });

  it('compare scores with an f32', () => {
    expect(query('{"query":1,"score_threshold":0.1}')).toMatchObject({ scoreThreshold: Math.fround(0.1) });
  });

  it('report all values out of their limits, but a wrong shape first', () => {
    expect(query('{"limit":0,"params":{"hnsw_ef":0}}')).toBe(
      refused(
        'internal.params.hnsw_ef: value 0 invalid, must be 1 or larger; internal.limit: value 0 invalid, must be 1 or larger',
      ),
    );
    expect(query('{"limit":0,"using":5}')).toMatch(/^jsonFormat: /);
  });

  it('come in batches, named by number', () => {
    const batch = (text: string) => outcome(() => runSteps(parseBodyInSteps(scanned(text), parseQueryBatch)));
    expect(batch('{"searches":[]}')).toEqual([]);
    expect(batch('{"searches":[{"limit":3},{}]}')).toEqual([{ ...DEFAULTS, limit: 3 }, DEFAULTS]);
    expect(batch('{"searches":[{},{"limit":0}]}')).toBe(
      refused('searches[1].internal.limit: value 0 invalid, must be 1 or larger'),
    );
    expect(batch('{}')).toBe('jsonFormat: missing field `searches`');
  });
});

describe('old searches', () => {
  it('take a list or a named vector', () => {
    const expected = { ...DEFAULTS, query: { vector: new Float32Array([1]) }, limit: 3 };
    expect(search('{"vector":[1],"limit":3}')).toEqual(expected);
    expect(search('{"vector":{"name":"a","vector":[1]},"limit":3}')).toEqual({ ...expected, using: 'a' });
    const batch = outcome(() =>
      runSteps(parseBodyInSteps(scanned('{"searches":[{"vector":[1],"limit":3}]}'), parseSearchBatch)),
    );
    expect(batch).toEqual([expected]);
  });

  it.each<[string, string | RegExp]>([
    ['{"limit":3}', 'jsonFormat: missing field `vector`'],
    ['{"vector":[1]}', 'jsonFormat: missing field `limit`'],
    ['{"vector":[1],"limit":null}', /^jsonFormat: invalid type: null/],
    ['{"vector":[1],"limit":0}', refused('search_request.limit: value 0 invalid, must be 1 or larger')],
    ['{"vector":[],"limit":1}', refused('search_request.vector: dense vector must not be empty')],
    ['{"vector":{"vector":[1]},"limit":1}', 'jsonFormat: missing field `name`'],
    ['{"vector":5,"limit":1}', /^jsonFormat: data did not match/],
    ['{"vector":{"name":"a","vector":{"indices":[1],"values":[1]}},"limit":1}', /^notImplemented: sparse/],
  ])('%s is refused', (text, error) => {
    expect(search(text)).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
  });
});

describe('scroll, count and retrieve', () => {
  it('have defaults', () => {
    expect(scroll('{}')).toEqual({
      offset: null,
      limit: 10,
      filter: null,
      withPayload: true,
      withVector: false,
    });
    expect(parseBody(scanned('{}'), parseCount)).toEqual({ filter: null, exact: true });
    expect(parseBody(scanned('{"ids":[1]}'), parseRetrieve)).toEqual({
      ids: [1],
      withPayload: true,
      withVector: false,
    });
  });

  it.each<[string, string | RegExp]>([
    ['{"limit":0}', 'badRequest: Limit cannot be 0'],
    ['{"offset":-1}', /^jsonFormat: value -1 is not a valid point ID/],
    ['{"order_by":"a"}', /^notImplemented: .*`order_by`/],
    ['{"with_vector":null}', /^jsonFormat: /],
    ['{"shard_key":1}', /^notImplemented: /],
  ])('scroll with %s is refused', (text, error) => {
    expect(scroll(text)).toEqual(typeof error === 'string' ? error : expect.stringMatching(error));
  });

  it('of wrong shapes are refused', () => {
    expect(outcome(() => parseBody(scanned('{"exact":null}'), parseCount))).toMatch(/^jsonFormat: /);
    expect(outcome(() => parseBody(scanned('{}'), parseRetrieve))).toBe('jsonFormat: missing field `ids`');
    expect(outcome(() => parseBody(scanned('{"ids":5}'), parseRetrieve))).toMatch(/^jsonFormat: /);
    expect(outcome(() => parseBody(scanned('[]'), parseRetrieve))).toMatch(/^jsonFormat: /);
  });
});
