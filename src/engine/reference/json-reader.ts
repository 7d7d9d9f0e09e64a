import type { SextantError } from '../../model/errors.ts';
import { jsonError } from '../body-scan.ts';

const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ASCII = new TextDecoder('latin1');
const isDigit = (char: string): boolean => char >= '0' && char <= '9' && char.length === 1;

/** Reads the tokens of RFC 8259 from bytes. Characters are single bytes as latin1; "" is the end. */
export class JsonReader {
  readonly bytes: Uint8Array;
  /** Index of the next byte. */
  position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  atEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  peek(): string {
    return this.atEnd() ? '' : String.fromCharCode(this.bytes[this.position]!);
  }

  skipSpace(): void {
    while (' \n\r\t'.includes(this.peek()) && !this.atEnd()) this.position++;
  }

  /** The error at the next byte: lines from 1, columns are bytes of the line up to and with the offending one. */
  error(reason: string): SextantError {
    const end = Math.min(this.position + 1, this.bytes.length);
    const lineStart = this.bytes.subarray(0, end).lastIndexOf(10) + 1;
    let line = 1;
    for (const byte of this.bytes.subarray(0, lineStart)) if (byte === 10) line++;
    return jsonError(reason, line, end - lineStart);
  }

  /** Yields with the reader on the first byte of each member of the array or object that starts here. */
  *members(close: ']' | '}'): Generator<void> {
    const what = close === ']' ? 'a list' : 'an object';
    this.position++;
    this.skipSpace();
    for (let first = true; this.peek() !== close; first = false) {
      if (this.atEnd()) throw this.error(`EOF while parsing ${what}`);
      if (!first) {
        if (this.peek() !== ',') throw this.error(`expected \`,\` or \`${close}\``);
        this.position++;
        this.skipSpace();
        if (this.atEnd()) throw this.error('EOF while parsing a value');
        if (this.peek() === close) throw this.error('trailing comma');
      }
      if (close === '}' && this.peek() !== '"') throw this.error('key must be a string');
      yield;
      this.skipSpace();
    }
    this.position++;
  }

  /** The colon between key and value, with the space around it. */
  colon(): void {
    this.skipSpace();
    if (this.atEnd()) throw this.error('EOF while parsing an object');
    if (this.peek() !== ':') throw this.error('expected `:`');
    this.position++;
    this.skipSpace();
  }

  literalOrNumber(): null | boolean | number | bigint {
    const char = this.peek();
    if (char === 'n') return this.#word('null', null);
    if (char === 't') return this.#word('true', true);
    if (char === 'f') return this.#word('false', false);
    if (char !== '-' && !isDigit(char)) throw this.error('expected value');
    const start = this.position;
    const text = this.#numberText();
    const value = Number(text);
    if (!Number.isFinite(value)) {
      this.position = start;
      throw this.error('number out of range');
    }
    return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? asBigInt(text, value) : value;
  }

  /** The numbers of the array that starts here; null when it is empty, not valid or holds anything else. */
  numberArray(): number[] | null {
    const out: number[] = [];
    try {
      for (const _ of this.members(']')) out.push(Math.fround(Number(this.#numberText())));
    } catch {
      // Whoever reads the array as an ordinary one meets the same error and tells it.
      return null;
    }
    return out.length === 0 ? null : out;
  }

  /** The string that starts here, escapes resolved. */
  string(): string {
    this.position++;
    let out = '';
    for (;;) {
      const char = this.peek();
      if (char === '') throw this.error('EOF while parsing a string');
      if (char === '"') break;
      if (char < ' ') throw this.error('control character (\\u0000-\\u001F) found while parsing a string');
      out += char === '\\' ? this.#escape() : this.#character();
    }
    this.position++;
    return out;
  }

  #word<T>(word: string, value: T): T {
    for (const expected of word) {
      if (this.atEnd()) throw this.error('EOF while parsing a value');
      if (this.peek() !== expected) throw this.error('expected ident');
      this.position++;
    }
    return value;
  }

  #numberText(): string {
    const start = this.position;
    if (this.peek() === '-') this.position++;
    if (this.peek() === '0') {
      this.position++;
      if (isDigit(this.peek())) throw this.error('invalid number');
    } else {
      this.#digits('invalid number');
    }
    if (this.peek() === '.') {
      this.position++;
      this.#digits('EOF while parsing a value');
    }
    if (this.peek() === 'e' || this.peek() === 'E') {
      this.position++;
      if (this.peek() === '+' || this.peek() === '-') this.position++;
      this.#digits('EOF while parsing a value');
    }
    return ASCII.decode(this.bytes.subarray(start, this.position));
  }

  #digits(reasonAtEnd: string): void {
    if (!isDigit(this.peek())) throw this.error(this.atEnd() ? reasonAtEnd : 'invalid number');
    while (isDigit(this.peek())) this.position++;
  }

  #character(): string {
    const length = utf8Length(this.bytes, this.position);
    if (length === 0) throw this.error('invalid unicode code point');
    this.position += length;
    return UTF8.decode(this.bytes.subarray(this.position - length, this.position));
  }

  #escape(): string {
    this.position++;
    const char = this.peek();
    if (char === '') throw this.error('EOF while parsing a string');
    const simple = Object.hasOwn(ESCAPES, char) ? ESCAPES[char] : undefined;
    if (simple === undefined && char !== 'u') throw this.error('invalid escape');
    this.position++;
    if (simple !== undefined) return simple;
    const first = this.#hex();
    if (first >= 0xdc00 && first <= 0xdfff) throw this.#lone();
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    for (const expected of '\\u') {
      if (this.atEnd()) throw this.error('EOF while parsing a string');
      if (this.peek() !== expected) throw this.error('unexpected end of hex escape');
      this.position++;
    }
    const second = this.#hex();
    if (second < 0xdc00 || second > 0xdfff) throw this.#lone();
    return String.fromCharCode(first, second);
  }

  #hex(): number {
    let value = 0;
    for (let i = 0; i < 4; i++) {
      const digit = '0123456789abcdef'.indexOf(this.peek().toLowerCase());
      if (this.atEnd()) throw this.error('EOF while parsing a string');
      if (digit < 0) throw this.error('invalid escape');
      value = value * 16 + digit;
      this.position++;
    }
    return value;
  }

  /** Told at the last of the four digits. */
  #lone(): SextantError {
    this.position--;
    return this.error('lone leading surrogate in hex escape');
  }
}

const I64_MIN = -(1n << 63n);
const U64_MAX = (1n << 64n) - 1n;

/** Integers of more than 64 bits stay the nearest double. */
function asBigInt(text: string, nearest: number): number | bigint {
  if (text.length > 20) return nearest;
  const value = BigInt(text);
  return value >= I64_MIN && value <= U64_MAX ? value : nearest;
}

/** Bytes of the well-formed UTF-8 character at `at` (RFC 3629: no surrogates, no overlong forms), or 0. */
function utf8Length(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  try {
    UTF8.decode(bytes.subarray(at, at + length));
    return at + length <= bytes.length ? length : 0;
  } catch {
    // The decoder's way to say "not well-formed".
    return 0;
  }
}
