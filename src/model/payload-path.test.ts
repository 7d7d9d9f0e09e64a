import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from './json.ts';
import { parsePayload } from './payload.ts';
import { type PathStep, parsePayloadPath, pathKey, valuesAt } from './payload-path.ts';

const at = (payload: unknown, path: string) =>
  valuesAt(parsePayload(Buffer.from(JSON.stringify(payload))), parsePayloadPath(path));

describe('values at a path', () => {
  const payload = { a: { b: 1, list: [1, [2], { b: 3 }] }, rows: [{ b: 1 }, 5, { b: null }, { c: 2 }] };

  it.each([
    ['a.b', [1]],
    ['a.list', [[1, [2], { b: 3 }]]],
    ['a.list[]', [1, [2], { b: 3 }]],
    ['a.list[1]', [[2]]],
    ['a.list[1][]', [2]],
    ['a.list[3]', []],
    ['rows[].b', [1, null]],
    ['rows[0].b', [1]],
    ['rows.b', []],
    ['a[].b', []],
    ['a.b.c', []],
    ['a[0]', []],
    ['missing', []],
  ])('%s', (path, values) => {
    expect(JSON.parse(JSON.stringify(at(payload, path)))).toEqual(values);
  });

  it('finds nothing in a point without payload', () => {
    expect(valuesAt(null, parsePayloadPath('a'))).toEqual([]);
  });

  it('takes names of Object.prototype as any other key', () => {
    expect(at({}, 'constructor')).toEqual([]);
    expect(at({ a: {} }, 'a.__proto__')).toEqual([]);
    expect(valuesAt({} as JsonObject, parsePayloadPath('toString'))).toEqual([]);
    const payloadWithProto = parsePayload(Buffer.from('{"__proto__":{"x":1}}'));
    expect(valuesAt(payloadWithProto, parsePayloadPath('__proto__.x'))).toEqual([1]);
  });
});

describe('a path', () => {
  it('that does not fit the grammar is an error that shows it', () => {
    expect(() => parsePayloadPath('a..b')).toThrow("Invalid json path: 'a..b'");
    expect(() => parsePayloadPath('x'.repeat(5000).concat(' '))).toThrow(/^.{0,130}$/);
  });

  it('reads back what its steps say, and equal steps have an equal key', () => {
    const step = fc.oneof(
      fc
        .stringMatching(/^[a-zA-Z0-9_-]{1,8}$/)
        .map((key): [string, PathStep] => [`.${key}`, { kind: 'key', key }]),
      fc
        .stringMatching(/^[^"\\]{1,8}$/)
        .map((key): [string, PathStep] => [`."${key}"`, { kind: 'key', key }]),
      fc.constant<[string, PathStep]>(['[]', { kind: 'all' }]),
      fc.nat().map((index): [string, PathStep] => [`[${index}]`, { kind: 'index', index }]),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (parts) => {
        const text = `first${parts.map(([part]) => part).join('')}`;
        const steps = [{ kind: 'key', key: 'first' }, ...parts.map(([, one]) => one)];
        expect(parsePayloadPath(text)).toEqual({ text, steps });
        const quoted = text.replace(/^first/, '"first"');
        expect(pathKey(parsePayloadPath(quoted).steps)).toBe(pathKey(steps as PathStep[]));
      }),
    );
  });
});
