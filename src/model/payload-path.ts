import { SextantError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

/** A parsed JSON path (reference 3.8): `a.b`, `a[].b`, `a[0]`, `"quoted key".b`. `text` is as the client wrote it. */
export interface PayloadPath {
  readonly text: string;
  readonly steps: readonly PathStep[];
}
export type PathStep =
  | { kind: 'key'; key: string }
  /** Every element of an array. */
  | { kind: 'all' }
  | { kind: 'index'; index: number };

/** Characters of an unquoted segment: unicode letters and digits, `_` and `-`. */
const PLAIN_SEGMENT = /[\p{Alphabetic}\p{N}_-]+/uy;
const QUOTED_SEGMENT = /"([^"\\]+)"/y;
const INDEX = /\[(\d{0,15})\]/y;

/** Parses `text`; the first step is always a key. Throws `SextantError('jsonFormat')` when it does not fit the grammar. */
export function parsePayloadPath(text: string): PayloadPath {
  const path = readPayloadPath(text);
  if (path !== null) return path;
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  throw new SextantError('jsonFormat', `Invalid json path: '${shown}'`);
}

/**
 * Reads a JSON path (reference 3.8): a segment, plain or `"quoted"`, then any of `.segment`, `[n]` and `[]`.
 * Returns null when `text` is no path.
 */
export function readPayloadPath(text: string): PayloadPath | null {
  const steps: PathStep[] = [];
  let at = readSegment(text, 0, steps);
  while (at !== -1 && at < text.length) {
    at = text[at] === '.' ? readSegment(text, at + 1, steps) : readIndex(text, at, steps);
  }
  return at === -1 ? null : { text, steps };
}

/**
 * The values that `path` names in `payload`, in document order; an array that the path ends at is one value. A key
 * step never enters an array; `[]` and `[n]` never enter an object. Nothing there: empty.
 */
export function valuesAt(payload: JsonObject | null, path: PayloadPath): Json[] {
  if (payload === null) return [];
  let found: Json[] = [payload];
  for (const step of path.steps) {
    const next: Json[] = [];
    for (const value of found) {
      if (step.kind === 'key') {
        if (isObject(value) && Object.hasOwn(value, step.key)) next.push(value[step.key]!);
      } else if (Array.isArray(value)) {
        if (step.kind === 'all') for (const item of value) next.push(item);
        else if (step.index < value.length) next.push(value[step.index]!);
      }
    }
    if (next.length === 0) return next;
    found = next;
  }
  return found;
}

/** Equal exactly for paths with the same steps, however their keys were quoted. */
export function pathKey(steps: readonly PathStep[]): string {
  let out = '';
  for (const step of steps) {
    if (step.kind === 'key') out += `"${step.key}"`;
    else out += step.kind === 'all' ? '[]' : `[${step.index}]`;
  }
  return out;
}

/** A JSON object: not null, not an array, not a scalar. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readSegment(text: string, at: number, steps: PathStep[]): number {
  const quoted = text[at] === '"';
  const pattern = quoted ? QUOTED_SEGMENT : PLAIN_SEGMENT;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null) return -1;
  steps.push({ kind: 'key', key: quoted ? match[1]! : match[0] });
  return pattern.lastIndex;
}

function readIndex(text: string, at: number, steps: PathStep[]): number {
  INDEX.lastIndex = at;
  const match = INDEX.exec(text);
  if (match === null) return -1;
  steps.push(match[1] === '' ? { kind: 'all' } : { kind: 'index', index: Number(match[1]) });
  return INDEX.lastIndex;
}
