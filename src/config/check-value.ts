import { ConfigError } from './config.ts';
import type { KeySpec, ValueType } from './keys.ts';
import type { Setting } from './settings.ts';

export type Value = string | number | boolean | null;

/** The value of a setting in its key's type; texts (of the environment or flags) are read. Throws `ConfigError`. */
export function checkValue({ key, value, source }: Setting, spec: KeySpec): Value {
  if (value === null || value === undefined) return spec.default;
  if (value === '' && spec.default === null) return null;
  const checked = read(value, spec.type);
  if (checked !== undefined) return checked;
  const shown = typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value).slice(0, 100);
  throw new ConfigError(`${key} (from ${source}): ${shown} is not ${expectation(spec.type)}`);
}

function read(value: unknown, type: ValueType): Value | undefined {
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' && value !== '' ? value : undefined;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      return value === 'true' ? true : value === 'false' ? false : undefined;
    case 'choice':
      return choice(value, type);
    case 'integer': {
      if (typeof value === 'string' && type.or?.includes(value)) return value;
      const number = readNumber(value);
      if (number === undefined || !Number.isSafeInteger(number) || number < type.min) return undefined;
      return type.max !== undefined && number > type.max ? undefined : number;
    }
    case 'number': {
      const number = readNumber(value);
      return number !== undefined && number >= type.min && number <= type.max ? number : undefined;
    }
  }
}

function choice(value: unknown, type: ValueType & { kind: 'choice' }): Value | undefined {
  if (typeof value !== 'string') return undefined;
  return type.of.find((option) => option === (type.ignoreCase ? value.toLowerCase() : value));
}

function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^[+-]?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

/** What the type asks for, for people: "an integer from 0 to 65535". */
export function expectation(type: ValueType): string {
  switch (type.kind) {
    case 'text':
      return 'a text that is not empty';
    case 'boolean':
      return 'true or false';
    case 'choice':
      return `one of ${type.of.join(', ')}`;
    case 'integer': {
      const range = type.max === undefined ? `${type.min} or larger` : `from ${type.min} to ${type.max}`;
      return `an integer, ${range}${type.or === undefined ? '' : `, or ${type.or.join(', ')}`}`;
    }
    case 'number':
      return `a number from ${type.min} to ${type.max}`;
  }
}
