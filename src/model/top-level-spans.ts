import { assert } from '../shared/assert.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The members of the object that `bytes` (valid JSON) is, as views of their values' bytes without white space around
 * them. Keys are decoded; the last of repeated keys wins.
 */
export function topLevelSpans(bytes: Uint8Array): Map<string, Uint8Array> {
  const members = new Map<string, Uint8Array>();
  let at = skipSpace(bytes, 0);
  assert(bytes[at] === 0x7b, 'a payload is a JSON object'); // {
  at = skipSpace(bytes, at + 1);
  while (bytes[at] === QUOTE) {
    const keyEnd = skipString(bytes, at);
    const key = keyText(bytes, at, keyEnd);
    const colon = skipSpace(bytes, keyEnd);
    const start = skipSpace(bytes, colon + 1);
    const end = skipValue(bytes, start);
    members.set(key, bytes.subarray(start, end));
    at = skipSpace(bytes, end);
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1); // ,
  }
  assert(bytes[at] === 0x7d, 'a payload is a whole JSON object'); // }
  return members;
}

/** The inverse: one object with these members, in their order. */
export function joinObject(members: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [key, value] of members) {
    parts.push(Buffer.from(`${parts.length === 0 ? '{' : ','}${JSON.stringify(key)}:`), value);
  }
  parts.push(Buffer.from(parts.length === 0 ? '{}' : '}'));
  return Buffer.concat(parts);
}

function keyText(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

function skipSpace(bytes: Uint8Array, at: number): number {
  let i = at;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i++;
  return i;
}

/** The index after the string that starts at `at`. */
function skipString(bytes: Uint8Array, at: number): number {
  let i = at + 1;
  while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1;
  return i + 1;
}

/** The index after the value that starts at `at`. */
function skipValue(bytes: Uint8Array, at: number): number {
  let depth = 0;
  let i = at;
  while (i < bytes.length) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      i = skipString(bytes, i);
      if (depth === 0) return i;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) {
      depth++; // { [
    } else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return i; // the end of the object around a scalar
      if (--depth === 0) return i + 1;
    } else if (
      depth === 0 &&
      (byte === 0x2c || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
    ) {
      return i;
    }
    i++;
  }
  return i;
}
