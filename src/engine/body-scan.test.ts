import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SextantError } from '../model/errors.ts';
import { RawJson } from '../model/json.ts';
import type { BodyLimits, BodyScan } from './body-scan.ts';
import { DEFAULT_BODY_LIMITS } from './body-scan.ts';
import { openEngine } from './open-engine.ts';
import { packagePath } from './package-root.ts';
import { scanBody as referenceScan } from './reference/scan-body.ts';
import { TAPE_TAGS } from './tape.ts';
import { wasmBodyScan } from './wasm/scan-body.ts';

const SCANS: [string, BodyScan][] = [
  ['reference', referenceScan],
  ['wasm', wasmBodyScan(() => performance.now())],
];
// Where the addon is not built, engine.test.ts says so.
const engine = await openEngine({ threads: 1 });
if (engine.kind === 'native') SCANS.push(['native', engine.scanBody]);

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** The tree in a form that `toEqual` tells apart exactly: -0 from 0, raw bytes, vectors, the order of keys. */
function shown(value: unknown): unknown {
  if (value instanceof RawJson) return { raw: Buffer.from(value.bytes).toString('latin1') };
  if (value instanceof Float32Array) return { vector: [...value] };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === 'object' && value !== null) {
    expect(Object.getPrototypeOf(value)).toBe(null);
    return { members: Object.entries(value).map(([key, member]) => [key, shown(member)]) };
  }
  return value;
}

/** What a scan makes of a body: the tree, or the error's text. */
function outcome(scan: BodyScan, body: Uint8Array, limits?: BodyLimits): unknown {
  try {
    return shown(scan(body, limits));
  } catch (error) {
    if (!(error instanceof SextantError)) throw error;
    return { error: error.message, kind: error.kind };
  }
}

function expectAgreement(body: Uint8Array, limits?: BodyLimits): unknown {
  const expected = outcome(referenceScan, body, limits);
  for (const [, scan] of SCANS.slice(1)) expect(outcome(scan, body, limits)).toEqual(expected);
  return expected;
}

const word = fc.constantFrom('payload', 'payloads', 'vector', 'vectors', 'query', 'nearest', 'target');
const otherWord = fc.constantFrom('positive', 'negative', 'indices', 'formula', 'metadata', '__proto__', 'a');
const key = fc.oneof(word, otherWord, fc.string({ unit: 'binary', maxLength: 12 }));
const digits = (max: number) => fc.stringMatching(/^[0-9]+$/, { size: 'small' }).map((d) => d.slice(0, max));
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(fc.constantFrom('0', '9007199254740992', '18446744073709551615'), fc.bigInt(0n, 10n ** 21n)),
    fc.option(digits(40), { nil: undefined }),
    fc.option(fc.integer({ min: -340, max: 310 }), { nil: undefined }),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const power = exponent === undefined ? '' : `e${exponent > 0 && exponent % 2 ? '+' : ''}${exponent}`;
    return `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${power}`;
  });
const stringText = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string({ maxLength: 20 }).map((text) => `"${escapeAll(text)}"`),
);
const space = fc.constantFrom('', '', '', ' ', '\n', '\t\r\n ');

function escapeAll(text: string): string {
  return [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}

const json = fc.letrec<{ value: string; array: string; object: string; numbers: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(numberText, stringText, fc.constantFrom('null', 'true', 'false')),
    tie('array'),
    tie('numbers'),
    tie('object'),
  ),
  array: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  numbers: fc.array(numberText, { maxLength: 5 }).map((items) => `[${items.join(' , ')}]`),
  object: fc
    .array(
      fc.tuple(
        space,
        fc.oneof(
          key.map((k) => JSON.stringify(k)),
          stringText,
        ),
        tie('value'),
      ),
      { maxLength: 4 },
    )
    .map((items) => `{${items.map(([s, k, v]) => `${s}${k}${s}:${v}${s}`).join(',')}}`),
})).value;

describe('all scans agree', () => {
  test('on valid bodies', () => {
    fc.assert(
      fc.property(json, (text) => void expectAgreement(bytes(text))),
      { numRuns: 1000 },
    );
  });

  test('on damaged bodies, error for error', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
    fc.assert(
      fc.property(json, damage, fc.nat(), (text, changes, cut) => {
        const body = bytes(text);
        for (const [at, byte] of changes) body[at % body.length] = byte;
        expectAgreement(body.subarray(0, cut % 3 === 0 ? cut % body.length : body.length));
      }),
      { numRuns: 1500 },
    );
  });

  test('on arbitrary bytes of JSON', () => {
    const piece = fc.constantFrom(
      ...'{}[]:,"\\u0123dD8Cef-+.eE \n\t',
      '\u00e9',
      'null',
      '"a":',
      '\\ud83d\\ude00',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        (pieces) => void expectAgreement(bytes(pieces.join(''))),
      ),
      { numRuns: 1500 },
    );
  });

  test('at tight limits', () => {
    const limit = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(json, fc.integer({ min: 1, max: 5 }), limit, limit, (text, depth, containers, scalars) => {
        expectAgreement(bytes(text), { depth, containers, scalars });
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(SCANS)('%s scan: numbers', (_name, scan) => {
  const asVector = (text: string): number =>
    (scan(bytes(`{"vector":[${text}]}`)) as { vector: number[] }).vector[0]!;
  const asScalar = (text: string): unknown => scan(bytes(text));

  function expectExact(text: string): void {
    const value = Number(text);
    expect(asVector(text), text).toBe(Math.fround(value));
    if (!/^-?\d+$/.test(text) && Number.isFinite(value)) expect(asScalar(text), text).toBe(value);
  }

  test('equal Number and fround on any double, float and its neighbourhood', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => expectExact(String(x))),
    );
    fc.assert(fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (x) => expectExact(String(x))));
    fc.assert(fc.property(numberText, expectExact), { numRuns: 1000 });
  });

  test('round the middle between two floats as their nearest double does', () => {
    const floats = new Float32Array(1);
    const bits = new Uint32Array(floats.buffer);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7f7f_fffe }), fc.integer({ min: -3, max: 3 }), (low, nudge) => {
        bits[0] = low;
        const below = floats[0]!;
        bits[0] = low + 1;
        const middle = (below + floats[0]!) / 2;
        for (const places of [0, 17, 20]) {
          const text = places === 0 ? String(middle) : middle.toExponential(places);
          expectExact(text);
          expectExact(
            text.replace(/(e|$)/, `${'0'.repeat(400)}${Math.abs(nudge)}$1`).replace(/^(\d+)0{400}/, '$1.0'),
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['2.2250738585072011e-308'],
    ['2.2250738585072014e-308'],
    ['4.9406564584124654e-324'],
    ['2.4703282292062327e-324'],
    ['2.4703282292062328e-324'],
    ['1.7976931348623157e308'],
    ['3.4028235677973366e38'],
    ['3.4028235677973365e38'],
    ['3.4028234663852886e38'],
    ['1.401298464324817e-45'],
    ['7.006492321624085e-46'],
    ['7.006492321624086e-46'],
    ['1.1754943508222875e-38'],
    ['1e-400'],
    ['-0'],
    ['-0.0e5'],
    ['0.1'],
    ['1e23'],
    ['8.5'],
    ['16777217'],
    ['16777217.000000000000000000001'],
    ['9007199254740993.0'],
    [`0.${'0'.repeat(400)}1e400`],
    [`1${'0'.repeat(400)}e-400`],
    [`${'123456789'.repeat(50)}e-440`],
    [`0.${'3'.repeat(900)}`],
    [`1.${'0'.repeat(900)}1`],
    ['1e-99999999999999999999'],
    ['0e99999999999999999999'],
  ])('%s', expectExact);

  test('beyond f32 a vector has infinity; beyond f64 a number is refused', () => {
    expect(asVector('1e39')).toBe(Number.POSITIVE_INFINITY);
    expect(asVector('-1e999')).toBe(Number.NEGATIVE_INFINITY);
    for (const text of [
      '1e309',
      '1e999',
      '9'.repeat(400),
      '{"payload":{"a":1e999}}',
      '{"payload":{"a":-1e309}}',
    ]) {
      expect(() => asScalar(text)).toThrow('number out of range at line 1 column');
    }
  });

  test('integers keep all 64 bits', () => {
    for (const id of ['9007199254740993', '18446744073709551615', '-9223372036854775808']) {
      expect(asScalar(id)).toBe(BigInt(id));
    }
    expect(asScalar('9007199254740991')).toBe(9007199254740991);
    expect(asScalar('18446744073709551616')).toBe(2 ** 64);
    expect(asScalar('-9223372036854775809')).toBe(-(2 ** 63));
  });
});

describe.each(SCANS)('%s scan: the tree', (_name, scan) => {
  const tree = (text: string): unknown => shown(scan(bytes(text)));

  test('vectors by position', () => {
    const body =
      '{"points":[{"id":1,"vector":[1,2],"payload":{"a":[1, 2]}},{"id":2,"vector":{"t":[3],"s":[[4],[5]]}}]}';
    expect(tree(body)).toEqual(expectAgreement(bytes(body)));
    const [first, second] = (scan(bytes(body)) as { points: Record<string, unknown>[] }).points;
    expect(first!.vector).toEqual(Float32Array.of(1, 2));
    expect(Buffer.from((first!.payload as RawJson).bytes).toString()).toBe('{"a":[1, 2]}');
    const named = second!.vector as { t: unknown; s: unknown };
    expect(named.t).toEqual(Float32Array.of(3));
    expect(named.s).toEqual([Float32Array.of(4), Float32Array.of(5)]);
  });

  test('ids under positive are no vector, arrays inside are', () => {
    const { positive } = scan(bytes('{"positive":[1,2,[3,4]],"negative":[5]}')) as { positive: unknown[] };
    expect(positive).toEqual([1, 2, Float32Array.of(3, 4)]);
    expect(scan(bytes('{"query":{"recommend":{"negative":[5]}}}'))).toMatchObject({
      query: { recommend: { negative: [5] } },
    });
  });

  test('sparse indices, formulas, metadata and empty arrays stay ordinary', () => {
    const body =
      '{"vector":{"s":{"indices":[1,2],"values":[0.5]},"e":[]},"metadata":{"vector":[1],"payload":{}}}';
    const { vector, metadata } = scan(bytes(body)) as Record<string, Record<string, unknown>>;
    expect(vector!.s).toMatchObject({ indices: [1, 2], values: Float32Array.of(0.5) });
    expect(vector!.e).toEqual([]);
    expect(metadata!.vector).toEqual([1]);
    expect(metadata!.payload).not.toBeInstanceOf(RawJson);
  });

  test('an escaped key means what it spells', () => {
    const { payload } = scan(bytes('{"p\\u0061yload":{"x":1}}')) as { payload: unknown };
    expect(payload).toBeInstanceOf(RawJson);
  });

  test('a list with anything but numbers is no vector', () => {
    expect(scan(bytes('{"vectors":[1,[2],null]}'))).toMatchObject({
      vectors: [1, Float32Array.of(2), null],
    });
  });

  test('__proto__ is a key, the last of repeated keys wins', () => {
    const object = scan(bytes('{"__proto__":{"x":1},"a":1,"a":2}')) as Record<string, unknown>;
    expect(Object.keys(object)).toEqual(['__proto__', 'a']);
    expect(object.a).toBe(2);
  });

  test('a view of a larger buffer is read from its own start', () => {
    const larger = bytes('xx{"payload":{"k":"v"},"s":"t\u00e9"}');
    const { payload, s } = scan(larger.subarray(2)) as { payload: RawJson; s: string };
    expect(Buffer.from(payload.bytes).toString()).toBe('{"k":"v"}');
    expect(s).toBe('t\u00e9');
  });
});

describe.each(SCANS)('%s scan: refusals', (_name, scan) => {
  test.each([
    ['', 'EOF while parsing a value at line 1 column 0'],
    ['x', 'expected value at line 1 column 1'],
    ['{"limit":', 'EOF while parsing a value at line 1 column 9'],
    ['{"a":1,}', 'trailing comma at line 1 column 8'],
    ['{"a" 1}', 'expected `:` at line 1 column 6'],
    ['{a:1}', 'key must be a string at line 1 column 2'],
    ['{"a":1 "b"}', 'expected `,` or `}` at line 1 column 8'],
    ['[1 2]', 'expected `,` or `]` at line 1 column 4'],
    ['[1', 'EOF while parsing a list at line 1 column 2'],
    ['{"a":1', 'EOF while parsing an object at line 1 column 6'],
    ['"abc', 'EOF while parsing a string at line 1 column 4'],
    ['"a\nb"', 'control character (\\u0000-\\u001F) found while parsing a string at line 2 column 0'],
    ['"\\x"', 'invalid escape at line 1 column 3'],
    ['"\\ud800"', 'unexpected end of hex escape at line 1 column 8'],
    ['"\\udc00"', 'lone leading surrogate in hex escape at line 1 column 7'],
    ['01', 'invalid number at line 1 column 2'],
    ['\n\n  nul', 'EOF while parsing a value at line 3 column 5'],
    ['{} {}', 'trailing characters at line 1 column 4'],
    ['NaN', 'expected value at line 1 column 1'],
    ['\ufeff{}', 'expected value at line 1 column 1'],
  ])('%j: %s', (body, message) => {
    expect(outcome(scan, bytes(body))).toEqual({ error: message, kind: 'jsonFormat' });
  });

  test('bytes that are not UTF-8', () => {
    const bad = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]];
    for (const middle of bad) {
      const body = Buffer.from([0x22, ...middle, 0x22]);
      expect(outcome(scan, body)).toEqual({
        error: 'invalid unicode code point at line 1 column 2',
        kind: 'jsonFormat',
      });
    }
  });

  test('nesting beyond the depth, in payloads too', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    scan(bytes(nested(128)));
    expect(() => scan(bytes(nested(129)))).toThrow('recursion limit exceeded at line 1 column 129');
    expect(() => scan(bytes(nested(10_000)))).toThrow('recursion limit exceeded');
    expect(() => scan(bytes(`{"payload":{"a":${nested(127)}}}`))).toThrow('recursion limit exceeded');
  });

  test('more values than the limits allow', () => {
    const limits = { depth: 8, containers: 3, scalars: 24 };
    expect(() => scan(bytes('[[],[],[]]'), limits)).toThrow(
      'more than 3 arrays and objects at line 1 column 8',
    );
    expect(() => scan(bytes(`[${'1,'.repeat(24)}1]`), limits)).toThrow(
      'more than 24 numbers, strings and keys',
    );
    expect(() => scan(bytes('["","","",null]'), limits)).toThrow('strings and keys at line 1 column 11');
    expect(() => scan(bytes('{"a":1,"b":2}'), limits)).toThrow('strings and keys at line 1 column 8');
    scan(bytes('{"a":1,"a":2,"a":3}'), limits);
    scan(bytes('{"payload":{"a":["","",""],"b":"","c":""}}'), limits);
    expect(() => scan(bytes('{"vector":[[1],[2],[3],[4]]}'), limits)).toThrow('more than 3 vectors');
    expect(() => scan(bytes('{"payloads":[{},{},{},{}]}'), limits)).toThrow('more than 3 payloads');
    expect(() => scan(bytes('{"payload":{"a":[{},{},{}]}}'), limits)).toThrow(
      'more than 3 arrays and objects',
    );
  });
});

test('32 MB of empty objects are refused at once', () => {
  const body = bytes(`[${'{},'.repeat(11_000_000)}`);
  for (const [name, scan] of SCANS.slice(1)) {
    const times = [1, 2, 3, 4, 5].map(() => {
      const start = performance.now();
      expect(() => scan(body), name).toThrow(
        `more than ${DEFAULT_BODY_LIMITS.containers} arrays and objects`,
      );
      return performance.now() - start;
    });
    // The best of five, for other work on the machine takes its share.
    expect(Math.min(...times), name).toBeLessThan(100);
  }
});

test('a body made of numbers that take long to read is refused', () => {
  const body = (count: number): Buffer => bytes(`{"vector":[${'1e-45,'.repeat(count - 1)}1e-45]}`);
  for (const [name, scan] of SCANS.slice(1)) {
    expect((scan(body(300_000)) as { vector: Float32Array }).vector.length).toBe(300_000);
    expect(() => scan(body(300_001)), name).toThrow('more than 300000 numbers that take long to read');
  }
});

test('the tags are those of native/json/tape.hpp', () => {
  const header = readFileSync(packagePath('native', 'json', 'tape.hpp'), 'utf8');
  const found = [...header.matchAll(/^ {2}tag(\w)(\w*) = (\d+),$/gm)];
  expect(Object.fromEntries(found.map(([, a, rest, n]) => [a!.toLowerCase() + rest, Number(n)]))).toEqual(
    TAPE_TAGS,
  );
});
