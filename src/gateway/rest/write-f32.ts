/**
 * Prints a float as the shortest decimal that reads back as the same 32-bit float (read as a double first, then
 * narrowed), in the manner of Rust's formatter: `1.0`, `0.25`, `-0.0`. No string is made on the common path.
 */

/** Room that one number may need in the buffer. */
export const F32_BYTES_MAX = 32;

const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);
/** The fast path: 6 to 9 significant digits as an integer over a power of ten that a double holds exactly. */
const FAST_MIN = 1e-5;
const FAST_MAX = 1e7;

const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/** Writes `value` (an f32) at `at`, which must leave `F32_BYTES_MAX` bytes; returns the new end. NaN and infinities are `null`. */
export function writeF32(out: Buffer, at: number, value: number): number {
  let magnitude = value;
  if (value < 0) {
    out[at++] = MINUS;
    magnitude = -value;
  }
  if (!(magnitude >= FAST_MIN && magnitude < FAST_MAX)) return writeSlow(out, at, value, magnitude);
  // Decimal places that leave seven significant digits.
  let places = 6 - exponent10(magnitude);
  let digits = Math.round(magnitude * POWERS[places]!);
  if (Math.fround(digits / POWERS[places]!) === magnitude) {
    const shorter = places > 0 ? Math.round(magnitude * POWERS[places - 1]!) : 0;
    if (places > 0 && Math.fround(shorter / POWERS[places - 1]!) === magnitude) {
      digits = shorter;
      places--;
    }
  } else {
    places++;
    digits = Math.round(magnitude * POWERS[places]!);
    if (Math.fround(digits / POWERS[places]!) !== magnitude) {
      places++;
      digits = Math.round(magnitude * POWERS[places]!);
      if (Math.fround(digits / POWERS[places]!) !== magnitude) return writeSlow(out, at, value, magnitude);
    }
  }
  return writeDecimal(out, at, digits | 0, places);
}

/** floor(log10(x)) for x in [1e-5, 1e7). */
function exponent10(x: number): number {
  if (x >= 1) return x < 1e3 ? (x < 10 ? 0 : x < 100 ? 1 : 2) : x < 1e5 ? (x < 1e4 ? 3 : 4) : x < 1e6 ? 5 : 6;
  return x >= 1e-2 ? (x >= 0.1 ? -1 : -2) : x >= 1e-3 ? -3 : x >= 1e-4 ? -4 : -5;
}

/** `digits` (a 32-bit integer) over 10^places, at least one digit on each side of the point, no zeros behind. */
function writeDecimal(out: Buffer, at: number, digits: number, places: number): number {
  let rest = digits;
  while (places > 0) {
    const tenth = (rest / 10) | 0;
    if (tenth * 10 !== rest) break;
    rest = tenth;
    places--;
  }
  let length = 1;
  for (let limit = 10; length < 10 && rest >= limit; limit *= 10) length++;
  const whole = length > places ? length - places : 1;
  const point = at + whole;
  const end = point + 1 + (places === 0 ? 1 : places);
  if (places === 0) out[end - 1] = ZERO;
  for (let i = point + places; i > point; i--) {
    const tenth = (rest / 10) | 0;
    out[i] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  out[point] = DOT;
  for (let i = point - 1; i >= at; i--) {
    const tenth = (rest / 10) | 0;
    out[i] = ZERO + (rest - tenth * 10);
    rest = tenth;
  }
  return end;
}

function writeSlow(out: Buffer, at: number, value: number, magnitude: number): number {
  if (!Number.isFinite(value)) {
    // The sign is already there for -Infinity: step back over it.
    const start = value < 0 ? at - 1 : at;
    return start + out.write('null', start, 'latin1');
  }
  const text = magnitude === 0 ? (Object.is(value, -0) ? '-0.0' : '0.0') : shortest(magnitude);
  return at + out.write(text, at, 'latin1');
}

function shortest(magnitude: number): string {
  for (let precision = 6; precision < 9; precision++) {
    const double = Number(magnitude.toPrecision(precision));
    if (Math.fround(double) === magnitude) return withPoint(double);
  }
  return withPoint(Number(magnitude.toPrecision(9)));
}

const withPoint = (double: number): string => {
  const text = String(double);
  return /[.e]/.test(text) ? text : `${text}.0`;
};
