import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Operation } from './operation.ts';
import { decodeOperation, encodeOperation } from './operation-codec.ts';
import { PAYLOAD_INDEX_TYPES } from './payload-schema.ts';
import { canonicalUuid, type PointId } from './point-id.ts';

const pointId: fc.Arbitrary<PointId> = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc.bigInt({ min: BigInt(Number.MAX_SAFE_INTEGER) + 1n, max: (1n << 64n) - 1n }),
  fc.uuid().map((text) => canonicalUuid(text)!),
);
const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const vector = fc.float32Array({ maxLength: 9 });
const payload = fc.uint8Array({ maxLength: 40 });
const vectors = fc
  .uniqueArray(fc.tuple(text, vector), { selector: ([name]) => name, maxLength: 4 })
  .map((entries) => new Map(entries));
const ids = fc.array(pointId, { maxLength: 6 });
const texts = fc.array(text, { maxLength: 4 });

const operation: fc.Arbitrary<Operation> = fc.oneof(
  fc.record({
    kind: fc.constant('upsert' as const),
    points: fc.array(fc.record({ id: pointId, vectors, payload: fc.option(payload) }), { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('updateVectors' as const),
    points: fc.array(fc.record({ id: pointId, vectors }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constantFrom('delete' as const, 'clearPayload' as const), ids }),
  fc.record({ kind: fc.constant('deleteVectors' as const), ids, names: texts }),
  fc.record({ kind: fc.constant('setPayload' as const), ids, payload, path: fc.option(text) }),
  fc.record({ kind: fc.constant('overwritePayload' as const), ids, payload }),
  fc.record({ kind: fc.constant('deletePayload' as const), ids, keys: texts }),
  fc.record({
    kind: fc.constant('createIndex' as const),
    path: text,
    schema: fc.record({
      type: fc.constantFrom(...PAYLOAD_INDEX_TYPES),
      params: fc.option(fc.constantFrom({}, { type: 'integer', lookup: true, range: false })),
      lookup: fc.boolean(),
      range: fc.boolean(),
    }),
  }),
  fc.record({ kind: fc.constant('deleteIndex' as const), path: text }),
);

test('every operation comes back as it was', () => {
  fc.assert(
    fc.property(operation, (value) => {
      expect(decodeOperation(encodeOperation(value))).toEqual(value);
    }),
    { numRuns: 400, seed: 1 },
  );
});

test('all bits of a vector survive, also those of NaN and minus zero', () => {
  const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x80000000, 1, 0x7f800000);
  const point = { id: 1, vectors: new Map([['', new Float32Array(bits.buffer)]]), payload: null };
  const decoded = decodeOperation(encodeOperation({ kind: 'upsert', points: [point] }));
  if (decoded.kind !== 'upsert') throw new Error('wrong kind');
  const found = decoded.points[0]!.vectors.get('')!;
  expect([...new Uint32Array(found.buffer, found.byteOffset, found.length)]).toEqual([...bits]);
});

test('what is decoded is a copy, whatever the alignment of the bytes', () => {
  const value: Operation = {
    kind: 'upsert',
    points: [
      { id: 7, vectors: new Map([['a', Float32Array.of(1, 2, 3)]]), payload: Uint8Array.of(123, 125) },
    ],
  };
  const encoded = encodeOperation(value);
  for (let offset = 0; offset < 4; offset++) {
    const shifted = new Uint8Array(encoded.length + offset);
    shifted.set(encoded, offset);
    const decoded = decodeOperation(shifted.subarray(offset));
    shifted.fill(255);
    expect(decoded).toEqual(value);
  }
});

test('the bytes of an upsert are as docs/FORMATS.md says', () => {
  const encoded = encodeOperation({
    kind: 'upsert',
    points: [{ id: 258, vectors: new Map([['v', Float32Array.of(1)]]), payload: Uint8Array.of(0x7b, 0x7d) }],
  });
  expect(Buffer.from(encoded).toString('hex')).toBe(
    [
      '0100', // version, kind
      '01000000', // one name:
      '01000000' + '76', // "v"
      '01000000', // one point:
      '00' + '0000000000000102', // its id
      '01000000', // one vector:
      '00000000' + '01000000' + '0000803f', // name 0, one value, 1.0
      '02000000' + '7b7d', // payload
    ].join(''),
  );
});

test('cut or lengthened bytes are refused with a clear error', () => {
  fc.assert(
    fc.property(operation, fc.nat(), (value, at) => {
      const encoded = encodeOperation(value);
      const cut = encoded.subarray(0, at % encoded.length);
      expect(() => decodeOperation(cut)).toThrow(/^malformed operation: /);
      expect(() => decodeOperation(Buffer.concat([encoded, Uint8Array.of(0)]))).toThrow(
        /^malformed operation: /,
      );
    }),
    { numRuns: 200, seed: 2 },
  );
});

test('changed bytes give another valid operation or a clear error, never anything else', () => {
  fc.assert(
    fc.property(
      operation,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
      (value, edits) => {
        const bytes = Uint8Array.from(encodeOperation(value));
        for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
        let decoded: Operation;
        try {
          decoded = decodeOperation(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'SextantError', kind: 'internal' });
          expect((error as Error).message).toMatch(/^malformed operation: /);
          return;
        }
        expect(decodeOperation(encodeOperation(decoded))).toEqual(decoded);
      },
    ),
    { numRuns: 1500, seed: 3 },
  );
});

test('a text that is no Unicode is refused before it is logged', () => {
  expect(() => encodeOperation({ kind: 'deleteIndex', path: 'a\ud800' })).toThrow('well-formed');
  expect(decodeOperation(encodeOperation({ kind: 'deleteIndex', path: 'a\u{1f600}' }))).toEqual({
    kind: 'deleteIndex',
    path: 'a\u{1f600}',
  });
});
