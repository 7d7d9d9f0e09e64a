import { SextantError } from '../model/errors.ts';
import { type BodyObject, type BodyValue, RawJson } from '../model/json.ts';
import type { PayloadPath } from '../model/payload-path.ts';
import { readPayloadPath } from '../model/payload-path.ts';
import type { Violations } from './violations.ts';

/** Readers of single fields. An absent field is `undefined`; `null` stands for absent only where the schema says so. */

export const formatError = (message: string): SextantError => new SextantError('jsonFormat', message);

/** What the value is, in the words of the wire's format errors. */
export function describe(value: BodyValue | undefined): string {
  switch (typeof value) {
    case 'boolean':
      return `boolean \`${value}\``;
    case 'bigint':
      return `integer \`${value}\``;
    case 'number':
      return `${Number.isInteger(value) ? 'integer' : 'floating point'} \`${value}\``;
    case 'string':
      return `string ${JSON.stringify(value.length > SHOWN_TEXT_MAX ? `${value.slice(0, SHOWN_TEXT_MAX)}...` : value)}`;
    default:
      if (value === null || value === undefined) return 'null';
      return Array.isArray(value) || value instanceof Float32Array ? 'sequence' : 'map';
  }
}
const SHOWN_TEXT_MAX = 100;

export const wrongType = (value: BodyValue | undefined, expected: string): SextantError =>
  formatError(`invalid type: ${describe(value)}, expected ${expected}`);

const wrongValue = (value: BodyValue, expected: string): SextantError =>
  formatError(`invalid value: ${describe(value)}, expected ${expected}`);

export const missingField = (name: string): SextantError => formatError(`missing field \`${name}\``);

export const unknownVariant = (value: string, variants: readonly string[]): SextantError =>
  formatError(
    `unknown variant \`${value.slice(0, SHOWN_TEXT_MAX)}\`, expected ${variants.length > 1 ? 'one of ' : ''}${variants.map((v) => `\`${v}\``).join(', ')}`,
  );

export const noVariant = (union: string, reason?: string): SextantError =>
  formatError(
    `data did not match any variant of untagged enum ${union}${reason === undefined ? '' : `: ${reason}`}`,
  );

export function isObject(value: BodyValue | undefined): value is BodyObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Float32Array) &&
    !(value instanceof RawJson)
  );
}

/** `what` is the wire's name of the struct. */
export function readObject(value: BodyValue | undefined, what: string): BodyObject {
  if (isObject(value)) return value;
  throw wrongType(value, `struct ${what}`);
}

export const isAbsent = (value: BodyValue | undefined): value is null | undefined =>
  value === undefined || value === null;

/** The value of a required field; null is a value. */
export function required(object: BodyObject, name: string): BodyValue {
  const value = object[name];
  if (value === undefined) throw missingField(name);
  return value;
}

/** The scan makes any array of numbers below a vector key a `Float32Array`, an empty one included. */
export function readList(value: BodyValue | undefined): BodyValue[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Float32Array) return Array.from(value);
  throw wrongType(value, 'a sequence');
}

export function readString(value: BodyValue | undefined): string {
  if (typeof value === 'string') return value;
  throw wrongType(value, 'a string');
}

export function optionalString(object: BodyObject, name: string): string | null {
  const value = object[name];
  return isAbsent(value) ? null : readString(value);
}

export function readStrings(value: BodyValue | undefined): string[] {
  return readList(value).map(readString);
}

export function readBool(value: BodyValue | undefined): boolean {
  if (typeof value === 'boolean') return value;
  throw wrongType(value, 'a boolean');
}

export function optionalBool(object: BodyObject, name: string): boolean | null {
  const value = object[name];
  return isAbsent(value) ? null : readBool(value);
}

/** A boolean that may be absent but not null. */
export function defaultedBool(object: BodyObject, name: string, fallback: boolean): boolean {
  const value = object[name];
  return value === undefined ? fallback : readBool(value);
}

export type IntegerType = 'u32' | 'usize';
const U64_MAX = (1n << 64n) - 1n;

/** An unsigned integer of the wire's `type`; beyond 2^53-1 it saturates there: nothing that large exists. */
export function readInteger(value: BodyValue | undefined, type: IntegerType): number {
  if (typeof value === 'bigint') {
    if (type === 'u32' || value < 0n || value > U64_MAX) throw wrongValue(value, type);
    return Number.MAX_SAFE_INTEGER;
  }
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrongType(value, type);
  if (value < 0 || (type === 'u32' && value > 0xffffffff)) throw wrongValue(value, type);
  return value;
}

/** Limits of a number; `float` prints whole limits as `1.0`. */
export interface Limits {
  min?: number;
  max?: number;
  float?: boolean;
}

/** Adds a violation in the wire's words when `value` is outside of `limits`. */
export function checkLimits(
  field: string,
  value: number,
  { min, max, float }: Limits,
  violations: Violations,
): void {
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return;
  const show = (n: number): string => (float && Number.isInteger(n) ? `${n}.0` : String(n));
  const rule =
    min !== undefined && max !== undefined
      ? `must be from ${show(min)} to ${show(max)}`
      : min !== undefined
        ? `must be ${show(min)} or larger`
        : `must be ${show(max!)} or smaller`;
  violations.add(field, `value ${show(value)} invalid, ${rule}`);
}

export function optionalInteger(
  object: BodyObject,
  name: string,
  type: IntegerType,
  limits: Limits,
  violations: Violations,
): number | null {
  const value = object[name];
  if (isAbsent(value)) return null;
  const number = readInteger(value, type);
  checkLimits(name, number, limits, violations);
  return number;
}

export function readFloat(value: BodyValue | undefined): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number') throw wrongType(value, 'f64');
  if (!Number.isFinite(number)) throw formatError('number out of range');
  return number;
}

export function optionalFloat(
  object: BodyObject,
  name: string,
  limits: Limits,
  violations: Violations,
): number | null {
  const value = object[name];
  if (isAbsent(value)) return null;
  const number = readFloat(value);
  checkLimits(name, number, { ...limits, float: true }, violations);
  return number;
}

export function readEnum<T extends string>(value: BodyValue | undefined, variants: readonly T[]): T {
  const text = readString(value);
  const found = variants.find((variant) => variant === text);
  if (found === undefined) throw unknownVariant(text, variants);
  return found;
}

export function optionalEnum<T extends string>(
  object: BodyObject,
  name: string,
  variants: readonly T[],
): T | null {
  const value = object[name];
  return isAbsent(value) ? null : readEnum(value, variants);
}

export function readPath(value: BodyValue | undefined): PayloadPath {
  const text = readString(value);
  const path = readPayloadPath(text);
  if (path === null) throw formatError(`Invalid json path: '${text.slice(0, SHOWN_TEXT_MAX)}'`);
  return path;
}
