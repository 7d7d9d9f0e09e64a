import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDatetime } from './datetime.ts';

describe('parseDatetime', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['1970-01-01', 0],
    ['1970-01-01 00:00:01', 1e6],
    ['1970-01-01T00:01', 60e6],
    ['1970-01-01T00:00:00.000001Z', 1],
    ['1970-01-01T00:00:00.123456789Z', 123456],
    ['1970-01-01T02:00:00+02:00', 0],
    ['1969-12-31 22:00:00-02:00', 0],
    ['1969-12-31T23:59:59.5', -500000],
    ['2024-02-29T12:00:00Z', Date.UTC(2024, 1, 29, 12) * 1000],
    ['0001-01-01', -62135596800e6],
  ])('reads %s', (text, micros) => {
    expect(parseDatetime(text)).toBe(micros);
  });

  it.each([
    '',
    'now',
    '2024',
    '2023-02-29',
    '2024-13-01',
    '2024-01-00',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60',
    '2024-01-01T',
    '2024-01-01Z',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00+25:00',
    '2024-01-01T00:00:00 garbage',
  ])('refuses %j', (text) => {
    expect(parseDatetime(text)).toBeNull();
  });

  it.each([
    ['2024-01-01T10:00:00+02', Date.UTC(2024, 0, 1, 8) * 1000],
    ['2024-01-01T10:00:00-0230', Date.UTC(2024, 0, 1, 12, 30) * 1000],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1) * 1000],
    ['2024-01-01t00:00:00z', Date.UTC(2024, 0, 1) * 1000],
    ['2024-01-01T00:00:00.1234567890123Z', Date.UTC(2024, 0, 1) * 1000 + 123456],
  ])('reads %s', (text, micros) => {
    expect(parseDatetime(text)).toBe(micros);
  });

  it('agrees with the calendar of Date from year 1 to 9999, in every form', () => {
    const from = Date.parse('0001-01-02T00:00:00Z');
    const to = Date.parse('9999-12-30T00:00:00Z');
    const minutes = fc.integer({ min: -(23 * 60 + 59), max: 23 * 60 + 59 });
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), fc.nat(999), minutes, (millis, micros, offset) => {
        const iso = new Date(millis).toISOString();
        const exact = Number(BigInt(millis) * 1000n + BigInt(micros));
        const digits = String(micros).padStart(3, '0');
        expect(parseDatetime(iso.replace('Z', `${digits}Z`))).toBe(exact);
        expect(parseDatetime(iso.replace('Z', digits).replace('T', ' '))).toBe(exact);
        const local = new Date(millis + offset * 60_000).toISOString().slice(0, -1);
        const sign = offset < 0 ? '-' : '+';
        const [hours, rest] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
        const zone = `${sign}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
        expect(parseDatetime(`${local}${digits}${zone}`)).toBe(exact);
        expect(parseDatetime(iso.slice(0, 10))).toBe(Date.parse(iso.slice(0, 10)) * 1000);
        expect(parseDatetime(iso.slice(0, 16))).toBe(Date.parse(`${iso.slice(0, 16)}Z`) * 1000);
      }),
    );
  });

  it('answers for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789-:T+Z. ') }), (text) => {
        const micros = parseDatetime(text);
        expect(micros === null || Number.isFinite(micros)).toBe(true);
      }),
    );
  });
});
