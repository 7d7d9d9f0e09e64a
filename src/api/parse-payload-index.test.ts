import { expect, it } from 'vitest';
import { outcome, scanned } from '../../test/harness/scan.ts';
import { parseCreateIndex } from './parse-payload-index.ts';
import { parseBody } from './parse-points.ts';

const create = (text: string) => outcome(() => parseBody(scanned(text), parseCreateIndex));
const schema = (text: string) => create(`{"field_name":"a.b","field_schema":${text}}`);
const request = (type: string, params: object | null = null, lookup = true, range = true) => ({
  kind: 'createIndex',
  path: 'a.b',
  schema: { type, params, lookup, range },
});

it.each(['keyword', 'integer', 'float', 'bool', 'datetime', 'uuid'])(
  '%s by name and as parameters',
  (type) => {
    expect(schema(`"${type}"`)).toEqual(request(type));
    expect(schema(`{"type":"${type}","unknown":1}`)).toEqual(request(type, { type }));
    const common = { type, on_disk: true, memory: 'cold', enable_hnsw: false };
    expect(schema(JSON.stringify(common))).toEqual(request(type, common));
    expect(create(`{"field_name":"a.b","field_type":"${type}"}`)).toEqual(request(type));
  },
);

it('knows the abilities of an integer index', () => {
  expect(schema('{"type":"integer","lookup":false}')).toEqual(
    request('integer', { type: 'integer', lookup: false }, false, true),
  );
  expect(schema('{"type":"integer","range":false,"lookup":null}')).toEqual(
    request('integer', { type: 'integer', range: false }, true, false),
  );
  expect(schema('{"type":"integer","lookup":false,"range":false}')).toMatch(
    /^validation: .*Validation error: the 'lookup' and 'range' capabilities can't be both disabled/,
  );
});

it.each<[string, RegExp]>([
  ['{"field_schema":"keyword"}', /^jsonFormat: missing field `field_name`/],
  ['{"field_name":5,"field_schema":"keyword"}', /^jsonFormat: invalid type/],
  ['{"field_name":"a..b","field_schema":"keyword"}', /^jsonFormat: Invalid json path/],
  [
    '{"field_name":"a"}',
    /^badRequest: Can't auto-detect field type, please specify `field_schema` in the request$/,
  ],
  ['{"field_name":"a","field_schema":null}', /^badRequest: Can't auto-detect/],
  ['{"field_name":"a","field_schema":"string"}', /^jsonFormat: unknown variant `string`/],
  ['{"field_name":"a","field_schema":{}}', /^jsonFormat: missing field `type`/],
  ['{"field_name":"a","field_schema":5}', /^jsonFormat: data did not match/],
  ['{"field_name":"a","field_schema":"geo"}', /^notImplemented: the payload index type `geo`/],
  ['{"field_name":"a","field_schema":{"type":"text"}}', /^notImplemented: the payload index type `text`/],
  ['{"field_name":"a","field_schema":{"type":"keyword","prefix":true}}', /^notImplemented: .*`prefix`/],
  ['{"field_name":"a","field_schema":{"type":"keyword","is_tenant":1}}', /^jsonFormat: invalid type/],
  ['{"field_name":"a","field_schema":{"type":"keyword","memory":"hot"}}', /^jsonFormat: unknown variant/],
])('%s is refused', (text, error) => {
  expect(create(text)).toMatch(error);
});
