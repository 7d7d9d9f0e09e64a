import type { Datatype } from '../../model/collection-config.ts';

const asFloat = new Float32Array(1);
const asBits = new Uint32Array(asFloat.buffer);

/** A component as the datatype keeps it: halves round to nearest even, bytes truncate and saturate. */
export function narrowComponent(value: number, datatype: Datatype): number {
  if (datatype === 'float32') return Math.fround(value);
  if (datatype === 'float16') return halfToFloat(floatToHalf(value));
  return Math.min(255, Math.max(0, Math.trunc(value))) + 0;
}

/** IEEE 754 binary16 bits of the nearest half, ties to even; beyond 65504 infinity. */
export function floatToHalf(value: number): number {
  asFloat[0] = value;
  const bits = asBits[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = Math.abs(asFloat[0]!);
  if (magnitude >= 65_520) return sign | 0x7c00;
  // Steps between neighbouring halves are 2^-24 below 2^-14, else 2^-10 of the power of two below.
  const exponent = Math.max(-14, ((bits >>> 23) & 0xff) - 127);
  const steps = roundToEven(magnitude / 2 ** (exponent - 10));
  return sign | (steps + (exponent + 14) * 1024);
}

export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
