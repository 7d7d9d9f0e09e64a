import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { F32_BYTES_MAX, writeF32 } from './write-f32.ts';

const out = Buffer.alloc(F32_BYTES_MAX + 8);
function text(value: number): string {
  out.fill(0x23);
  const end = writeF32(out, 4, value);
  expect(end - 4).toBeLessThanOrEqual(F32_BYTES_MAX);
  expect(out.toString('latin1', 0, 4)).toBe('####');
  expect(out[end]).toBe(0x23);
  return out.toString('latin1', 4, end);
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
const floatOf = (pattern: number): number => {
  bits[0] = pattern;
  return float[0]!;
};

/** Fewest significant digits of any decimal that reads back as the float. */
function fewestDigits(value: number): number {
  for (let precision = 1; precision < 9; precision++) {
    if (Math.fround(Number(value.toPrecision(precision))) === value) return precision;
  }
  return 9;
}

const significant = (shown: string): number =>
  shown.replace(/e.*$/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length || 1;

describe('writeF32', () => {
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1, '-1.0'],
    [0.5, '0.5'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(-123.456), '-123.456'],
    [Math.fround(0.00098), '0.00098'],
    [Math.fround(1e-5), '0.00001'],
    [9999999, '9999999.0'],
    [1e7, '10000000.0'],
    [Math.fround(3.4028234663852886e38), '3.4028235e+38'],
    [Math.fround(1.401298464324817e-45), '1.4013e-45'],
    [Number.NaN, 'null'],
    [Number.POSITIVE_INFINITY, 'null'],
    [Number.NEGATIVE_INFINITY, 'null'],
  ])('prints %d as %s', (value, shown) => {
    expect(text(value)).toBe(shown);
  });

  it('reads back as the same float, in the fewest digits, for any bit pattern', () => {
    fc.assert(
      fc.property(fc.nat(0xffffffff), (pattern) => {
        const value = floatOf(pattern);
        if (!Number.isFinite(value)) return;
        const shown = text(value);
        expect(Math.fround(JSON.parse(shown))).toBe(value);
        if (value !== 0 && Math.abs(value) > 1e-37) expect(significant(shown)).toBe(fewestDigits(value));
      }),
      { numRuns: 20_000, seed: 7 },
    );
  });

  it('does so in the range of vector components and around powers of ten', () => {
    for (let power = -6; power <= 8; power++) {
      const centre = Math.fround(10 ** power);
      float[0] = centre;
      const pattern = bits[0]!;
      for (let step = -300; step <= 300; step++) {
        const value = floatOf(pattern + step);
        const shown = text(value);
        expect(Math.fround(JSON.parse(shown))).toBe(value);
        expect(significant(shown)).toBe(fewestDigits(value));
      }
    }
  });
});
