import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanned } from '../../test/harness/scan.ts';
import { SextantError } from '../model/errors.ts';
import type { BodyValue } from '../model/json.ts';
import { runSteps } from '../shared/steps.ts';
import { parseCreateCollection, parseUpdateCollection } from './parse-collection.ts';
import { parseCreateIndex } from './parse-payload-index.ts';
import { parseBatchUpdate, parseBody, parseBodyInSteps } from './parse-points.ts';
import { parseQuery, parseQueryBatch, parseSearch } from './parse-query.ts';
import { parseCount, parseRetrieve, parseScroll } from './parse-reads.ts';
import { parseUpdateVectors, parseUpsert } from './parse-upsert.ts';

const FILTER =
  '{"must":[{"key":"a","match":{"value":1}},{"has_id":[1]},{"nested":{"key":"a","filter":{}}}],"should":{"key":"b","range":{"lt":1}},"must_not":[{"is_null":{"key":"c"}}],"min_should":{"conditions":[{"key":"d","match":{"any":["x"]}}],"min_count":1}}';
const SELECTORS = '"with_payload":{"include":["a"]},"with_vector":["v"]';
const DIFFS =
  '"hnsw_config":{"m":1,"memory":"cold"},"optimizers_config":{"max_optimization_threads":"auto"},"wal_config":{"wal_capacity_mb":1},"quantization_config":{"scalar":{"type":"int8","quantile":0.9}},"metadata":{"a":1},"payload":{"memory":null},"strict_mode_config":{"enabled":false}';

/** A valid body of every request, for the mutations to start from. */
const BODIES: readonly [string, (value: BodyValue) => unknown, string][] = [
  [
    'create',
    whole(parseCreateCollection),
    `{"vectors":{"a":{"size":4,"distance":"Dot","hnsw_config":{"m":1}}},${DIFFS}}`,
  ],
  [
    'update',
    whole(parseUpdateCollection),
    `{"vectors":{"":{"on_disk":true}},"params":{"replication_factor":1},${DIFFS}}`,
  ],
  ['index', whole(parseCreateIndex), '{"field_name":"a","field_schema":{"type":"integer","lookup":true}}'],
  [
    'upsert',
    steps(parseUpsert),
    '{"points":[{"id":1,"vector":{"a":[1,2]},"payload":{"a":1}},{"id":2,"vector":[1]}]}',
  ],
  ['columns', steps(parseUpsert), '{"batch":{"ids":[1],"vectors":{"a":[[1,2]]},"payloads":[{"a":1}]}}'],
  ['vectors', steps(parseUpdateVectors), '{"points":[{"id":1,"vector":{"a":[1,2]}}]}'],
  [
    'batch',
    steps(parseBatchUpdate),
    `{"operations":[{"delete":{"filter":${FILTER}}},{"set_payload":{"payload":{},"points":[1],"key":"a"}},{"delete_payload":{"keys":["a"],"points":[1]}},{"delete_vectors":{"vector":["a"],"points":[1]}}]}`,
  ],
  [
    'query',
    whole(parseQuery),
    `{"query":{"nearest":[1,2]},"filter":${FILTER},"params":{"hnsw_ef":1,"quantization":{"oversampling":2},"acorn":{"enable":false}},${SELECTORS},"prefetch":[]}`,
  ],
  ['query batch', steps(parseQueryBatch), `{"searches":[{"query":1,"filter":${FILTER}},{"query":[1]}]}`],
  [
    'search',
    whole(parseSearch),
    `{"vector":{"name":"a","vector":[1]},"limit":1,"filter":${FILTER},${SELECTORS}}`,
  ],
  ['scroll', whole(parseScroll), `{"offset":1,"limit":1,"filter":${FILTER},"with_payload":true}`],
  ['count', whole(parseCount), `{"filter":${FILTER},"exact":true}`],
  ['retrieve', whole(parseRetrieve), `{"ids":[1],${SELECTORS}}`],
];

function whole(parse: Parameters<typeof parseBody>[1]): (value: BodyValue) => unknown {
  return (value) => parseBody(value, parse);
}

function steps(parse: Parameters<typeof parseBodyInSteps>[1]): (value: BodyValue) => unknown {
  return (value) => runSteps(parseBodyInSteps(value, parse));
}

/** JSON texts that stand where something else was expected. */
const ODD = [
  'null',
  'true',
  '0',
  '-0',
  '-1',
  '1.5',
  '1e39',
  '1e300',
  '9007199254740993',
  '18446744073709551615',
  '-9223372036854775808',
  '""',
  '"a"',
  '"a..b"',
  '"550e8400-e29b-41d4-a716-446655440000"',
  '"__proto__"',
  '[]',
  '[1]',
  '[[1]]',
  '["a"]',
  '[null]',
  '[{}]',
  '{}',
  '{"a":1}',
  '{"payload":{"a":1}}',
  '{"indices":[1],"values":[1]}',
  '{"__proto__":{"constructor":1}}',
];

type Place = readonly (string | number)[];

/** Where the values of a tree are, the root included. */
function places(value: unknown, at: Place = []): Place[] {
  if (value === null || typeof value !== 'object') return [at];
  return [
    at,
    ...Object.entries(value).flatMap(([key, inner]) =>
      places(inner, [...at, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

/** The JSON text of `value` with `text` in the place of what is at `place`, or without it when `text` is null. */
function replaced(value: unknown, place: Place, text: string | null): string {
  if (place.length === 0) return text ?? 'null';
  const [first, ...rest] = place;
  const isList = Array.isArray(value);
  const members = Object.entries(value as object).flatMap(([key, inner]) => {
    const here = String(first) === key;
    if (here && rest.length === 0 && text === null) return [];
    const shown = here ? replaced(inner, rest, text) : JSON.stringify(inner);
    return [isList ? shown : `${JSON.stringify(key)}:${shown}`];
  });
  return isList ? `[${members.join(',')}]` : `{${members.join(',')}}`;
}

/** Whatever is sent, the answer is a request or an error for the client: nothing else is ever thrown. */
function survives(parse: (value: BodyValue) => unknown, text: string): void {
  try {
    parse(scanned(text));
  } catch (error) {
    if (!(error instanceof SextantError)) throw new Error(`${text} throws`, { cause: error });
    expect(error.kind).toMatch(/^(jsonFormat|validation|badRequest|badInput|notImplemented)$/);
  }
}

describe.each(BODIES)('%s', (_name, parse, valid) => {
  it('takes its valid body', () => {
    expect(parse(scanned(valid))).toBeTypeOf('object');
  });

  it('survives any value in any place, and any value missing', () => {
    const tree: unknown = JSON.parse(valid);
    for (const place of places(tree)) {
      for (const odd of [...ODD, null]) survives(parse, replaced(tree, place, odd));
    }
  });

  it('survives any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => survives(parse, text)),
      { numRuns: 200, seed: 3 },
    );
  });
});
