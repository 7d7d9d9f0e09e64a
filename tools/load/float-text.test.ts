import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLOAT_TEXT_MAX, writeFloat } from './float-text.ts';

const buffer = Buffer.alloc(64);
const textOf = (value: number): string => buffer.toString('latin1', 0, writeFloat(buffer, 0, value));

describe('writeFloat', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [-1, '-1'],
    [0.5, '0.5'],
    [-0.25, '-0.25'],
    [1234.5, '1234.5'],
    [Math.fround(0.1), '0.100000001'],
    [100, '100'],
    [999_999_936, '999999936'],
    [0.0009765625, '0.0009765625'],
  ])('writes %d as %s', (value, text) => expect(textOf(value)).toBe(text));

  it('gives every f32 back, in valid JSON of bounded length', () => {
    const f32 = fc.oneof(
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, min: -1, max: 1 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }).map(Math.fround),
    );
    fc.assert(
      fc.property(f32, (value) => {
        const text = textOf(value);
        expect(text.length).toBeLessThanOrEqual(FLOAT_TEXT_MAX);
        expect(Math.fround(JSON.parse(text)) + 0).toBe(value + 0);
      }),
      { numRuns: 20_000, seed: 1 },
    );
  });

  it('gives back what lies at powers of ten and next to them', () => {
    for (let power = -38; power <= 38; power++) {
      const bits = new Uint32Array(new Float32Array([10 ** power]).buffer);
      for (let step = -3; step <= 3; step++) {
        const value = new Float32Array(new Uint32Array([bits[0]! + step]).buffer)[0]!;
        if (Number.isFinite(value)) expect(Math.fround(JSON.parse(textOf(value)))).toBe(value);
      }
    }
  });
});
