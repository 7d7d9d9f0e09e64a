import type { PathStep, PayloadPath } from './payload-path.ts';

/** Characters of an unquoted segment: unicode letters and digits, `_` and `-`. */
const PLAIN_SEGMENT = /[\p{Alphabetic}\p{N}_-]+/uy;
const QUOTED_SEGMENT = /"([^"\\]+)"/y;
const INDEX = /\[(\d{0,15})\]/y;

/**
 * Reads a JSON path (reference 3.8): a segment, plain or `"quoted"`, then any of `.segment`, `[n]` and `[]`.
 * Returns null when `text` is no path.
 */
export function parsePayloadPath(text: string): PayloadPath | null {
  const steps: PathStep[] = [];
  let at = readSegment(text, 0, steps);
  while (at !== -1 && at < text.length) {
    at = text[at] === '.' ? readSegment(text, at + 1, steps) : readIndex(text, at, steps);
  }
  return at === -1 ? null : { text, steps };
}

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
