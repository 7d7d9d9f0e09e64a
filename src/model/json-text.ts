import { SextantError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

/** An integer that may not fit a double: a run of 16 or more digits that is no part of a fraction or exponent. */
const LONG_INTEGER = /(?:^|[^\d.eE+-])-?\d{16,}(?![\d.eE])/;

/**
 * Parses one JSON value. Objects have a null prototype, integers beyond 2^53-1 are bigints, the last of repeated keys
 * wins. Throws `SextantError('jsonFormat')` when the text is no JSON.
 */
export function parseJsonText(text: string): Json {
  try {
    return LONG_INTEGER.test(text) ? new ExactReader(text).read() : bare(JSON.parse(text) as Json);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SextantError('jsonFormat', cause.message, { cause });
  }
}

/** JSON text of `value` that `parseJsonText` reads back as the same. */
export function jsonText(value: Json): string {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      return numberText(value);
    case 'object':
      break;
    default:
      return JSON.stringify(value);
  }
  if (value === null) return 'null';
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`;
  const entries = Object.keys(value).map((key) => `${JSON.stringify(key)}:${jsonText(value[key]!)}`);
  return `{${entries.join(',')}}`;
}

function numberText(value: number): string {
  // A number beyond the doubles was read as an infinity: it stays out of their range.
  if (!Number.isFinite(value)) return value < 0 ? '-1e999' : '1e999';
  const text = JSON.stringify(value);
  // Without a fraction it would be read as a bigint.
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !text.includes('e') ? `${text}.0` : text;
}

/** Takes the prototype from every object below `value`, in place. */
function bare(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object') bare(item);
    return value;
  }
  Object.setPrototypeOf(value, null);
  for (const key in value) if (typeof value[key] === 'object') bare(value[key]!);
  return value;
}

/** A JSON reader that sees the digits of each integer; scalars and strings it leaves to `JSON.parse`. */
class ExactReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(): Json {
    this.#space();
    const char = this.#text[this.#at];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    SCALAR.lastIndex = this.#at;
    const token = SCALAR.exec(this.#text)?.[0];
    if (token === undefined) throw this.#unexpected();
    const value = JSON.parse(token) as Json;
    this.#at += token.length;
    const exact = typeof value !== 'number' || Number.isSafeInteger(value) || !INTEGER.test(token);
    return exact ? value : BigInt(token);
  }

  #object(): JsonObject {
    const out = Object.create(null) as JsonObject;
    this.#at++;
    if (this.#next('}')) return out;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#unexpected();
      const key = this.#string();
      if (!this.#next(':')) throw this.#unexpected();
      out[key] = this.#value();
    } while (this.#next(','));
    if (!this.#next('}')) throw this.#unexpected();
    return out;
  }

  #array(): Json[] {
    const out: Json[] = [];
    this.#at++;
    if (this.#next(']')) return out;
    do out.push(this.#value());
    while (this.#next(','));
    if (!this.#next(']')) throw this.#unexpected();
    return out;
  }

  #string(): string {
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    const value = JSON.parse(this.#text.slice(this.#at, end + 1)) as string;
    this.#at = end + 1;
    return value;
  }

  /** Skips white space, then `char` when it is there. */
  #next(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    while (' \n\r\t'.includes(this.#text[this.#at] ?? '.')) this.#at++;
  }

  #unexpected(): SyntaxError {
    return new SyntaxError(`unexpected ${this.#text[this.#at] ?? 'end'} in JSON at position ${this.#at}`);
  }
}

const SCALAR = /[-+.\w]+/y;
const INTEGER = /^-?\d+$/;
