const ZERO = 48;
const POINT = 46;
const MINUS = 45;
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/** Most bytes that `writeFloat` writes. */
export const FLOAT_TEXT_MAX = 25;

/**
 * Writes the JSON text of a finite f32 at `at` and returns where it ends. Nine significant digits give every f32 back
 * exactly (half a unit of the ninth digit is below half an ulp), and are found without the search for the shortest text
 * that `String(number)` makes: loading is bound by this.
 */
export function writeFloat(into: Uint8Array, at: number, value: number): number {
  let x = value;
  if (x < 0) {
    into[at++] = MINUS;
    x = -x;
  }
  if (x === 0) {
    into[at] = ZERO;
    return at + 1;
  }
  if (x >= 1e9 || x < 1e-12) return writeAscii(into, at, String(x));
  let decimals = decimalsFor(x);
  let digits = (x * POWERS[decimals]! + 0.5) | 0;
  while (decimals > 0) {
    const tenth = (digits / 10) | 0;
    if (tenth * 10 !== digits) break;
    digits = tenth;
    decimals--;
  }
  return writeDecimal(into, at, digits, decimals);
}

/** Decimals that leave nine significant digits. */
function decimalsFor(x: number): number {
  if (x < 1) {
    let decimals = 9;
    for (let limit = 0.1; x < limit; limit /= 10) decimals++;
    return decimals;
  }
  let decimals = 8;
  for (let limit = 10; x >= limit; limit *= 10) decimals--;
  return decimals;
}

/** `digits` x 10^-decimals with at least one digit before the point; `digits` below 2^31. */
function writeDecimal(into: Uint8Array, at: number, digits: number, decimals: number): number {
  let length = 1;
  while (length < 10 && digits >= POWERS[length]!) length++;
  const whole = length > decimals ? length - decimals : 1;
  let rest = digits | 0;
  let i = at + whole + (decimals === 0 ? 0 : 1 + decimals);
  const end = i;
  if (decimals > 0) {
    const point = at + whole;
    while (--i > point) {
      const next = (rest / 10) | 0;
      into[i] = ZERO + (rest - next * 10);
      rest = next;
    }
    into[point] = POINT;
  }
  while (--i >= at) {
    const next = (rest / 10) | 0;
    into[i] = ZERO + (rest - next * 10);
    rest = next;
  }
  return end;
}

export function writeAscii(into: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  return at + text.length;
}
