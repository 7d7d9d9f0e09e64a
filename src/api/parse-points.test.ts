import { describe, expect, it } from 'vitest';
import { outcome, scanned } from '../../test/harness/scan.ts';
import type { BodyValue } from '../model/json.ts';
import { runSteps, type Steps } from '../shared/steps.ts';
import {
  parseBatchUpdate,
  parseBody,
  parseClearPayload,
  parseDelete,
  parseDeletePayload,
  parseDeleteVectors,
  parseOverwritePayload,
  parseSetPayload,
} from './parse-points.ts';
import { parseUpdateVectors, parseUpsert } from './parse-upsert.ts';
import type { Violations } from './violations.ts';

type Parse = (value: BodyValue, violations: Violations) => unknown;
/** In steps or at once. */
const run = (parse: Parse, text: string) =>
  outcome(() =>
    parseBody(scanned(text), (value, violations) => {
      const parsed = parse(value, violations);
      return isSteps(parsed) ? runSteps(parsed) : parsed;
    }),
  );
const isSteps = (value: unknown): value is Steps<unknown> =>
  typeof (value as Steps<unknown>).next === 'function';
const upsert = (text: string) => run(parseUpsert, text);
const UUID = '550e8400-e29b-41d4-a716-446655440000';
const refused = (fields: string) => `validation: Validation error in JSON body: [${fields}]`;
const vector = (...components: number[]) => new Map([['', new Float32Array(components)]]);
const bytes = (text: string) => expect.objectContaining(new Uint8Array(Buffer.from(text)));
const matching = (error: string | RegExp) =>
  typeof error === 'string' ? error : expect.stringMatching(error);

describe('upsert of a list', () => {
  it('keeps the payload as bytes and the vectors as floats', () => {
    const text = `{"points":[
      {"id":1,"vector":[1,2],"payload":{"__proto__": 1}},
      {"id":"${UUID}","vector":{"a":[1],"":[2]},"payload":null},
      {"id":18446744073709551615,"vector":{}}
    ],"update_mode":"upsert","shard_key":null,"update_filter":null}`;
    expect(upsert(text)).toEqual({
      kind: 'upsert',
      points: [
        { id: 1, vectors: vector(1, 2), payload: bytes('{"__proto__": 1}') },
        {
          id: UUID,
          vectors: new Map([
            ['a', new Float32Array([1])],
            ['', new Float32Array([2])],
          ]),
          payload: null,
        },
        { id: 18446744073709551615n, vectors: new Map(), payload: null },
      ],
    });
    expect(upsert('{"points":[]}')).toEqual({ kind: 'upsert', points: [] });
  });

  it('takes number lists under any vector name, also one that the scan leaves alone', () => {
    expect(upsert('{"points":[{"id":1,"vector":{"indices":[1,2]}}]}')).toMatchObject({
      points: [{ vectors: new Map([['indices', new Float32Array([1, 2])]]) }],
    });
  });

  it.each<[string, string | RegExp]>([
    ['{"vector":[1]}', 'jsonFormat: missing field `id`'],
    ['{"id":1}', 'jsonFormat: missing field `vector`'],
    ['5', 'jsonFormat: invalid type: integer `5`, expected struct PointStruct'],
    ['{"id":-1,"vector":[1]}', /^jsonFormat: value -1 is not a valid point ID/],
    ['{"id":1.5,"vector":[1]}', /^jsonFormat: value 1.5 is not/],
    ['{"id":18446744073709551616,"vector":[1]}', /^jsonFormat: /],
    ['{"id":"x","vector":[1]}', /^jsonFormat: value x is not a valid point ID/],
    ['{"id":null,"vector":[1]}', /^jsonFormat: value null is not/],
    ['{"id":1,"vector":null}', /^jsonFormat: data did not match any variant of untagged enum VectorStruct/],
    ['{"id":1,"vector":"x"}', /VectorStruct/],
    ['{"id":1,"vector":[1,"2"]}', /VectorStruct/],
    ['{"id":1,"vector":[1,null]}', /VectorStruct/],
    ['{"id":1,"vector":{"a":5}}', /VectorStruct/],
    ['{"id":1,"vector":[[1],[2]]}', /^notImplemented: multivectors/],
    ['{"id":1,"vector":{"a":[[1],[2]]}}', /^notImplemented: multivectors/],
    ['{"id":1,"vector":{"a":{"indices":[1],"values":[0.5]}}}', /^notImplemented: sparse vectors/],
    ['{"id":1,"vector":{"text":"a","model":"b"}}', /^notImplemented: inference/],
    ['{"id":1,"vector":{"a":{"object":{},"model":"b"}}}', /^notImplemented: inference/],
    ['{"id":1,"vector":[]}', refused('points[0].vector: dense vector must not be empty')],
    ['{"id":1,"vector":{"a":[]}}', refused('points[0].vector.?: dense vector must not be empty')],
    [
      '{"id":1,"vector":[1,1e39]}',
      refused('points[0].vector[1]: value invalid, must be a finite 32-bit number'),
    ],
    ['{"id":1,"vector":[1],"payload":[]}', 'jsonFormat: invalid type: sequence, expected a map'],
    ['{"id":1,"vector":[1],"payload":"x"}', 'jsonFormat: invalid type: string "x", expected a map'],
  ])('refuses %s', (point, error) => {
    expect(upsert(`{"points":[${point}]}`)).toEqual(matching(error));
  });

  it.each<[string, string | RegExp]>([
    ['{}', 'jsonFormat: Invalid PointInsertOperations format'],
    ['{"points":[],"batch":{}}', 'jsonFormat: Invalid PointInsertOperations format'],
    ['[]', /^jsonFormat: /],
    ['{"points":{}}', 'jsonFormat: invalid type: map, expected a sequence'],
    ['{"points":[],"update_mode":"insert_only"}', /^notImplemented: .*insert_only/],
    ['{"points":[],"update_mode":"x"}', /^jsonFormat: unknown variant `x`, expected one of `upsert`/],
    ['{"points":[],"update_filter":{}}', /^notImplemented: .*update_filter/],
    ['{"points":[],"shard_key":"a"}', /^notImplemented: custom sharding/],
  ])('refuses %s', (text, error) => {
    expect(upsert(text)).toEqual(matching(error));
  });

  it('names the points at fault', () => {
    const point = (id: number, list: string) => `{"id":${id},"vector":${list}}`;
    expect(upsert(`{"points":[${point(1, '[1]')},${point(2, '[]')},${point(3, '[1e39]')}]}`)).toBe(
      refused(
        'points[1].vector: dense vector must not be empty; points[2].vector[0]: value invalid, must be a finite 32-bit number',
      ),
    );
    const many = Array.from({ length: 5000 }, (_, i) => point(i, '[]')).join(',');
    expect((upsert(`{"points":[${many}]}`) as string).length).toBeLessThan(2000);
  });
});

describe('upsert of columns', () => {
  it('is the same as of a list', () => {
    const batch = '{"ids":[1,2],"vectors":[[1],[2]],"payloads":[{"a":1},null]}';
    const list = '[{"id":1,"vector":[1],"payload":{"a":1}},{"id":2,"vector":[2]}]';
    expect(upsert(`{"batch":${batch}}`)).toEqual(upsert(`{"points":${list}}`));
    const named = '{"ids":[1,2],"vectors":{"a":[[1],[2]],"b":[[3],[4]]},"payloads":null}';
    const namedList = '[{"id":1,"vector":{"a":[1],"b":[3]}},{"id":2,"vector":{"a":[2],"b":[4]}}]';
    expect(upsert(`{"batch":${named}}`)).toEqual(upsert(`{"points":${namedList}}`));
    expect(upsert('{"batch":{"ids":[],"vectors":[]}}')).toEqual({ kind: 'upsert', points: [] });
  });

  it.each<[string, string | RegExp]>([
    ['{"ids":[1],"vectors":[[1],[2]]}', refused('batch: number of ids and vectors must be equal (1 != 2)')],
    [
      '{"ids":[1,2],"vectors":{"a":[[1]]}}',
      refused('batch: number of ids and vectors must be equal (2 != 1)'),
    ],
    [
      '{"ids":[1],"vectors":[[1]],"payloads":[]}',
      refused('batch: number of ids and payloads must be equal (1 != 0)'),
    ],
    ['{"ids":[1],"vectors":[[]]}', refused('batch.vectors[0]: dense vector must not be empty')],
    ['{"ids":[1],"vectors":{"a":[[1e39]]}}', /batch\.vectors\.\?\[0\]\[0\]: value invalid/],
    ['{"ids":[1],"vectors":[1]}', /BatchVectorStruct/],
    ['{"ids":[1],"vectors":5}', /^jsonFormat: invalid type: integer `5`, expected a sequence/],
    ['{"ids":[1],"vectors":[[[1]]]}', /^notImplemented: multivectors/],
    ['{"vectors":[[1]]}', 'jsonFormat: missing field `ids`'],
    ['{"ids":[1]}', 'jsonFormat: missing field `vectors`'],
    ['{"ids":[-1],"vectors":[[1]]}', /^jsonFormat: value -1/],
    ['{"ids":[1],"vectors":[[1]],"payloads":[5]}', 'jsonFormat: invalid type: integer `5`, expected a map'],
  ])('refuses %s', (batch, error) => {
    expect(upsert(`{"batch":${batch}}`)).toEqual(matching(error));
  });
});

describe('other writes', () => {
  const ids = { ids: [1, 2], filter: null };
  const all = { ids: null, filter: { must: [], should: [], mustNot: [], minShould: null } };
  const payload = bytes('{"a":null}');

  it.each<[string, Parse, string, unknown]>([
    ['delete', parseDelete, '{"points":[1,2]}', { kind: 'delete', selector: ids }],
    ['delete', parseDelete, '{"points":[1,2],"filter":{}}', { kind: 'delete', selector: ids }],
    ['delete', parseDelete, '{"filter":{}}', { kind: 'delete', selector: all }],
    ['clear payload', parseClearPayload, '{"filter":{}}', { kind: 'clearPayload', selector: all }],
    [
      'set payload',
      parseSetPayload,
      '{"payload":{"a":null},"points":[1,2]}',
      { kind: 'setPayload', selector: ids, payload, path: null },
    ],
    [
      'set payload',
      parseSetPayload,
      '{"payload":{"a":null},"filter":{},"key":"x.y[0]"}',
      { kind: 'setPayload', selector: all, payload, path: 'x.y[0]' },
    ],
    [
      'overwrite payload',
      parseOverwritePayload,
      '{"payload":{"a":null},"points":[1,2],"key":"x"}',
      { kind: 'overwritePayload', selector: ids, payload },
    ],
    [
      'delete payload',
      parseDeletePayload,
      '{"keys":["a","b.c"],"points":[1,2]}',
      { kind: 'deletePayload', selector: ids, keys: ['a', 'b.c'] },
    ],
    [
      'delete vectors',
      parseDeleteVectors,
      '{"vector":["a",""],"points":[1,2],"filter":{}}',
      { kind: 'deleteVectors', selector: { ids: [1, 2], filter: all.filter }, names: ['a', ''] },
    ],
    [
      'update vectors',
      parseUpdateVectors,
      '{"points":[{"id":1,"vector":[1]}]}',
      { kind: 'updateVectors', points: [{ id: 1, vectors: vector(1) }] },
    ],
  ])('%s', (_name, parse, text, expected) => {
    expect(run(parse, text)).toEqual(expected);
  });

  it.each<[string, Parse, string, string | RegExp]>([
    [
      'delete',
      parseDelete,
      '{}',
      /^jsonFormat: data did not match any variant of untagged enum PointsSelector/,
    ],
    ['delete', parseDelete, '{"points":null}', /PointsSelector/],
    ['delete', parseDelete, '{"points":5}', /^jsonFormat: invalid type/],
    ['delete', parseDelete, '{"filter":{"mast":1}}', /^jsonFormat: unknown field/],
    ['delete', parseDelete, '[1]', /^jsonFormat: invalid type/],
    ['delete', parseDelete, '{"points":[1],"shard_key":1}', /^notImplemented/],
    ['set payload', parseSetPayload, '{"points":[1]}', 'jsonFormat: missing field `payload`'],
    [
      'set payload',
      parseSetPayload,
      '{"payload":null,"points":[1]}',
      /^jsonFormat: invalid type: null, expected a map/,
    ],
    [
      'set payload',
      parseSetPayload,
      '{"payload":{}}',
      'jsonFormat: Either list of point ids or filter must be provided',
    ],
    [
      'set payload',
      parseSetPayload,
      '{"payload":{},"points":[1],"key":"a["}',
      "jsonFormat: Invalid json path: 'a['",
    ],
    ['delete payload', parseDeletePayload, '{"points":[1]}', 'jsonFormat: missing field `keys`'],
    ['delete payload', parseDeletePayload, '{"keys":[5],"points":[1]}', /^jsonFormat: invalid type/],
    ['delete vectors', parseDeleteVectors, '{"points":[1]}', 'jsonFormat: missing field `vector`'],
    [
      'delete vectors',
      parseDeleteVectors,
      '{"vector":[],"points":[1]}',
      refused('vector: must not be empty'),
    ],
    ['delete vectors', parseDeleteVectors, '{"vector":["a"]}', 'badRequest: No filter or points provided'],
    [
      'update vectors',
      parseUpdateVectors,
      '{"points":[{"id":1,"vector":{}}]}',
      refused('points[0].vector: must specify vectors to update for point'),
    ],
    ['update vectors', parseUpdateVectors, '{"points":[]}', refused('points: must specify points to update')],
    ['update vectors', parseUpdateVectors, '{"points":[],"update_filter":{}}', /^notImplemented/],
  ])('%s refuses %s', (_name, parse, text, error) => {
    expect(run(parse, text)).toEqual(matching(error));
  });
});

describe('batch update', () => {
  const batch = (operations: string) => run(parseBatchUpdate, `{"operations":[${operations}]}`);

  it('reads each kind of operation, in order', () => {
    const kinds = (
      batch(`
        {"upsert":{"points":[]}}, {"delete":{"points":[1]}}, {"set_payload":{"payload":{},"points":[1]}},
        {"overwrite_payload":{"payload":{},"points":[1]}}, {"delete_payload":{"keys":["a"],"points":[1]}},
        {"clear_payload":{"points":[1]}}, {"update_vectors":{"points":[{"id":1,"vector":[1]}]}},
        {"delete_vectors":{"vector":["a"],"points":[1]}}`) as { kind: string }[]
    ).map(({ kind }) => kind);
    expect(kinds).toEqual([
      'upsert',
      'delete',
      'setPayload',
      'overwritePayload',
      'deletePayload',
      'clearPayload',
      'updateVectors',
      'deleteVectors',
    ]);
  });

  it('refuses what is none, and names the one at fault', () => {
    expect(batch('{"drop":{}}')).toMatch(/^jsonFormat: .*UpdateOperation/);
    expect(batch('5')).toMatch(/^jsonFormat: /);
    expect(run(parseBatchUpdate, '{}')).toBe('jsonFormat: missing field `operations`');
    expect(batch('{"delete":{"points":[]}},{"upsert":{"points":[{"id":1,"vector":[]}]}}')).toBe(
      refused('operations[1].upsert.points[0].vector: dense vector must not be empty'),
    );
  });
});
