import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { jsonText, parseJsonText } from './json-text.ts';
import { deleteKeys, mergePayload, parsePayload, selectPayload } from './payload.ts';
import { parsePayloadPath } from './payload-path.ts';
import type { PayloadSelector } from './point.ts';
import { topLevelSpans } from './top-level-spans.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (payload: Uint8Array): string => Buffer.from(payload).toString();
const paths = (...texts: string[]) => texts.map(parsePayloadPath);

const keys = fc.constantFrom('a', 'b', 'c', '__proto__', 'é"\\', 'a.b');
const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).filter((value) => !Number.isSafeInteger(Number(value))),
  fc.string(),
);
const { value, object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    tie('object'),
    fc.array(tie('value'), { maxLength: 4 }),
  ),
  object: fc.array(fc.tuple(keys, tie('value')), { maxLength: 5 }).map((entries) => {
    const out = Object.create(null) as JsonObject;
    for (const [key, one] of entries) out[key] = one;
    return out;
  }),
}));
/** The JSON text of a value with white space wherever it may stand. */
const spaced = (json: Json): string => {
  if (typeof json !== 'object' || json === null) return jsonText(json);
  const inner = Array.isArray(json)
    ? json.map(spaced)
    : Object.keys(json).map((key) => `${JSON.stringify(key)} :\n${spaced(json[key]!)}`);
  const list = inner.join(' ,\t');
  return Array.isArray(json) ? `[ ${list}\r]` : `{ ${list}\n}`;
};

describe('payload bytes', () => {
  it('parse to the value they spell, however large its integers', () => {
    fc.assert(
      fc.property(object, (payload) => {
        expect(parsePayload(bytes(jsonText(payload)))).toEqual(payload);
        expect(parsePayload(bytes(spaced(payload)))).toEqual(payload);
      }),
    );
  });

  it('keep integers beyond 2^53-1 as bigint and all else as JSON.parse does', () => {
    const payload = parsePayload(
      bytes(
        '{"a":9007199254740993,"b":9007199254740991,"c":[1e17,-18446744073709551615,0.12345678901234567]}',
      ),
    );
    expect(payload.a).toBe(9007199254740993n);
    expect(payload.b).toBe(9007199254740991);
    expect(payload.c).toEqual([1e17, -18446744073709551615n, Number('0.12345678901234567')]);
  });

  it.each(['{"a":1}', '{"a":12345678901234567890}'])('have no prototype at any depth: %s', (part) => {
    const payload = parsePayload(bytes(`{"x":[${part}],"y":${part},"__proto__":${part}}`));
    for (const one of [payload, (payload.x as JsonObject[])[0]!, payload.y as JsonObject]) {
      expect(Object.getPrototypeOf(one)).toBeNull();
    }
    expect(Object.keys(payload)).toEqual(['x', 'y', '__proto__']);
    expect(Object.keys(Object.values(payload)[2] as JsonObject)).toEqual(['a']);
  });

  it.each([
    '',
    '{',
    '{"a":}',
    '{"a":1,}',
    '[1,]',
    '{"a" 1}',
    '{"a":01}',
    '{"a":1234567890123456789x}',
    'nul',
    '1 2',
    '{"a":12345678901234567890',
    '[12345678901234567890,]',
    '{12345678901234567890:1}',
    '{"a":"12345678901234567890}',
  ])('that are no JSON are refused: %s', (broken) => {
    expect(() => parseJsonText(broken)).toThrow(expect.objectContaining({ kind: 'jsonFormat' }));
  });

  it('may nest as deep as a body may', () => {
    const deep = `{"a":${'['.repeat(1000)}12345678901234567890${']'.repeat(1000)}}`;
    expect(jsonText(parsePayload(bytes(deep)))).toBe(deep);
  });

  it('split into members that keep their bytes; the last of repeated keys wins', () => {
    fc.assert(
      fc.property(object, (payload) => {
        const spans = topLevelSpans(bytes(` ${spaced(payload)} `));
        const expected = Object.keys(payload).map((key) => [key, spaced(payload[key]!)]);
        expect([...spans].map(([key, span]) => [key, text(span)])).toEqual(expected);
      }),
    );
    expect(text(topLevelSpans(bytes('{"a":1,"\\u0061":2.0}')).get('a')!)).toBe('2.0');
  });
});

/** The rules of section 3.8 of the reference on plain objects. */
function modelMerge(into: JsonObject, patch: JsonObject): JsonObject {
  const out = Object.assign(Object.create(null) as JsonObject, into);
  for (const key of Object.keys(patch)) {
    if (patch[key] === null) delete out[key];
    else out[key] = patch[key]!;
  }
  return out;
}

describe('set payload', () => {
  it('merges the top level, null takes a key away', () => {
    fc.assert(
      fc.property(object, object, (payload, patch) => {
        const merged = mergePayload(bytes(spaced(payload)), bytes(spaced(patch)), null);
        expect(parsePayload(merged)).toEqual(modelMerge(payload, patch));
        for (const [key, span] of topLevelSpans(merged)) {
          expect(text(span)).toBe(spaced((Object.hasOwn(patch, key) ? patch : payload)[key]!));
        }
      }),
    );
  });

  it('stores nulls when the point has no payload yet', () => {
    expect(text(mergePayload(null, bytes('{"a":null,"b":1.0}'), null))).toBe('{"a":null,"b":1.0}');
    expect(text(mergePayload(bytes('{}'), bytes('{"a":null,"b":1.0}'), null))).toBe('{"b":1.0}');
  });

  it.each([
    ['{"a":{"x":1,"y":2},"k":1.0}', 'a', '{"y":null,"z":3}', '{"a":{"x":1,"z":3},"k":1.0}'],
    ['{"a":5}', 'a', '{"z":3}', '{"a":{"z":3}}'],
    ['{"a":[1]}', 'a', '{"z":3}', '{"a":{"z":3}}'],
    ['{}', 'a.b', '{"z":3}', '{"a":{"b":{"z":3}}}'],
    ['{"a":7}', 'a.b', '{"z":3}', '{"a":{"b":{"z":3}}}'],
    ['{"a":[{"x":1},2]}', 'a[]', '{"z":3}', '{"a":[{"x":1,"z":3},{"z":3}]}'],
    ['{"a":[{"x":1},2]}', 'a[1].b', '{"z":3}', '{"a":[{"x":1},{"b":{"z":3}}]}'],
    ['{"a":[{"x":1},2]}', 'a[2]', '{"z":3}', '{"a":[{"x":1},2]}'],
    ['{"a":{"x":1}}', 'a[0]', '{"z":3}', '{"a":[]}'],
    ['{}', 'a[].b', '{"z":3}', '{"a":[]}'],
    ['{"a":12345678901234567890}', '__proto__', '{"z":3}', '{"a":12345678901234567890,"__proto__":{"z":3}}'],
    ['{"a":{"n":12345678901234567890}}', 'a', '{"z":3}', '{"a":{"n":12345678901234567890,"z":3}}'],
  ])('%s at %s with %s', (payload, path, patch, merged) => {
    expect(text(mergePayload(bytes(payload), bytes(patch), parsePayloadPath(path)))).toBe(merged);
  });

  it('makes the object at a path when the point has no payload; null takes away there', () => {
    expect(text(mergePayload(null, bytes('{"x":1,"y":null}'), parsePayloadPath('a')))).toBe('{"a":{"x":1}}');
  });
});

describe('delete payload keys', () => {
  it.each([
    ['{"a":1,"b":2.0}', ['a'], '{"b":2.0}'],
    ['{"a":1}', ['a', 'a', 'missing'], '{}'],
    ['{"a":{"x":1,"y":[1.5]},"b":2.0}', ['a.x'], '{"a":{"y":[1.5]},"b":2.0}'],
    ['{"a":[{"x":1,"y":2},{"x":3}]}', ['a[].x'], '{"a":[{"y":2},{}]}'],
    ['{"a":[{"x":1},{"x":3}]}', ['a[1].x'], '{"a":[{"x":1},{}]}'],
    ['{"a":[1,2]}', ['a[]'], '{"a":[]}'],
    ['{"a":[1,2]}', ['a[0]'], '{"a":[1,2]}'],
    ['{"a":[{"x":1}]}', ['a.x'], '{"a":[{"x":1}]}'],
    ['{"__proto__":1,"b":2}', ['__proto__'], '{"b":2}'],
    ['{"a":{"b":1}}', ['a.constructor'], '{"a":{"b":1}}'],
  ])('%s without %j', (payload, keysToGo, left) => {
    expect(text(deleteKeys(bytes(payload), paths(...keysToGo)))).toBe(left);
  });

  it('leaves the bytes alone when nothing is there to delete', () => {
    const payload = bytes(' { "a" : 1 } ');
    expect(deleteKeys(payload, paths('b', 'a.b', 'a[]'))).toBe(payload);
  });
});

describe('a payload selector', () => {
  const payload = '{"a":{"b":{"c":1,"d":2},"e":3},"l":[{"x":1,"y":2},{"x":3},4],"s":1.0}';

  it.each<[PayloadSelector, string]>([
    [true, payload],
    [{ include: ['s'] }, '{"s":1.0}'],
    [{ include: ['a.b.c', 's'] }, '{"a":{"b":{"c":1}},"s":1.0}'],
    [{ include: ['a.b', 'a.b.c'] }, '{"a":{"b":{"c":1,"d":2}}}'],
    [{ include: ['l[].x'] }, '{"l":[{"x":1},{"x":3},4]}'],
    [{ include: ['l[1]'] }, '{"l":[{"x":3}]}'],
    [{ include: ['l.x'] }, '{"l":[]}'],
    [{ include: [] }, '{}'],
    [{ include: ['missing'] }, '{}'],
    [{ exclude: ['s', 'l'] }, '{"a":{"b":{"c":1,"d":2},"e":3}}'],
    [{ exclude: ['a.b', 'l[].x', 's'] }, '{"a":{"e":3},"l":[{"y":2},{},4]}'],
    [{ exclude: ['a.b.c.d', 's.x', 'l.x', 'missing'] }, payload],
    [{ exclude: ['l[0]', 'a'] }, '{"l":[{"x":3},4],"s":1.0}'],
    [{ exclude: [] }, payload],
  ])('%j', (selector, selected) => {
    expect(text(selectPayload(bytes(payload), selector))).toBe(selected);
    expect(text(selectPayload(bytes(payload), selector))).toBe(selected);
  });

  it('gives an empty object for a point without payload', () => {
    for (const selector of [true, { include: ['a'] }, { exclude: ['a'] }]) {
      expect(text(selectPayload(null, selector))).toBe('{}');
    }
  });

  it('keeps the bytes of whole members, and include and exclude of top-level keys part the payload', () => {
    fc.assert(
      fc.property(object, fc.subarray(['a', 'b', 'c', '__proto__', 'd']), (one, names) => {
        const source = bytes(spaced(one));
        const kept = topLevelSpans(selectPayload(source, { include: names }));
        const left = topLevelSpans(selectPayload(source, { exclude: names }));
        for (const [key, span] of topLevelSpans(source)) {
          expect(text((names.includes(key as 'a') ? kept : left).get(key)!)).toBe(text(span));
        }
        expect(kept.size + left.size).toBe(Object.keys(one).length);
      }),
    );
  });
});

it('a JSON value reads back from its text', () => {
  fc.assert(
    fc.property(value, (json) => {
      expect(parseJsonText(jsonText(json))).toEqual(json);
    }),
  );
  expect(jsonText(parseJsonText('[1e999,-1e999]'))).toBe('[1e999,-1e999]');
});
