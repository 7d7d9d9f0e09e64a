/** date, then optionally time with minutes, seconds, fraction, then optionally a zone (only after seconds). */
const SHAPE =
  /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?( ?[Zz]|[+-]\d\d(?::?\d\d)?)?)?)?$/;

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/**
 * Microseconds since the Unix epoch of an RFC 3339 time or of one of the looser forms of the reference (3.8): a space
 * instead of `T`, no zone (UTC), no seconds, no time. Null for anything else. Years 0001 to 9999; exact where the
 * result is below 2^53 (years 1685 to 2254), rounded to the nearest double elsewhere.
 */
export function parseDatetime(text: string): number | null {
  if (text.length < 10 || text.length > 64) return null;
  const found = SHAPE.exec(text);
  if (found === null) return null;
  const year = Number(found[1]);
  const month = Number(found[2]);
  const day = Number(found[3]);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  const hour = Number(found[4] ?? 0);
  const minute = Number(found[5] ?? 0);
  const second = Number(found[6] ?? 0);
  if (hour > 23 || minute > 59 || second > 60) return null; // 60 is a leap second
  const offsetMinutes = zoneMinutes(found[8]);
  if (offsetMinutes === null) return null;
  const micros = found[7] === undefined ? 0 : Number(found[7].slice(0, 6).padEnd(6, '0'));
  const seconds =
    daysSinceEpoch(year, month, day) * 86_400 + hour * 3600 + (minute - offsetMinutes) * 60 + second;
  return seconds * 1_000_000 + micros;
}

function zoneMinutes(zone: string | undefined): number | null {
  if (zone === undefined || zone.endsWith('Z') || zone.endsWith('z')) return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(3).replace(':', ''));
  if (hours > 23 || minutes > 59) return null;
  return (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes);
}

function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : DAYS_IN_MONTH[month - 1]!;
}

/** Days from 1970-01-01 in the proleptic Gregorian calendar; years are counted from March so that leap days come last. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}
