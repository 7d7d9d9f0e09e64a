import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32c } from './crc32c.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the check values of RFC 3720 and of the CRC catalogue', () => {
  expect(crc32c(new Uint8Array(0))).toBe(0);
  expect(crc32c(ascii('123456789'))).toBe(0xe3069283);
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test('any alignment and any cut give the bitwise result', () => {
  const bitwise = (bytes: Uint8Array): number => {
    let crc = ~0;
    for (const byte of bytes) {
      crc ^= byte;
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    }
    return ~crc >>> 0;
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), fc.nat(7), fc.nat(70), (content, offset, cutAt) => {
      const padded = new Uint8Array(offset + content.length);
      padded.set(content, offset);
      const bytes = padded.subarray(offset);
      const cut = Math.min(cutAt, bytes.length);
      const expected = bitwise(bytes);
      expect(crc32c(bytes)).toBe(expected);
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(expected);
    }),
  );
});
