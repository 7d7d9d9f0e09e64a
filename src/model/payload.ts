import { assert } from '../shared/assert.ts';
import type { Json, JsonObject } from './json.ts';
import { jsonText, parseJsonText } from './json-text.ts';
import type { PayloadBytes } from './operation.ts';
import { isObject, type PathStep, type PayloadPath, parsePayloadPath } from './payload-path.ts';
import type { PayloadSelector } from './point.ts';
import { joinObject, topLevelSpans } from './top-level-spans.ts';

/**
 * Payloads are kept as the client's JSON bytes. Edits replace whole top-level values: one that an edit does not touch
 * keeps its bytes; of one that it touches inside, numbers may be spelled anew (`1.0` as `1`).
 */

/** The object in `bytes`: null prototypes, integers beyond 2^53-1 as bigints. Throws `jsonFormat` when it is none. */
export function parsePayload(bytes: PayloadBytes): JsonObject {
  const value = parseJsonText(textOf(bytes));
  assert(isObject(value), 'a payload is a JSON object');
  return value;
}

/**
 * Set payload. Without a path the keys of `patch` replace those of `bytes`, and null takes a key away; a point without
 * payload (null) gets the patch as it is. With a path the patch is merged into the object there, which is made when
 * missing: what is no object on the way becomes `{}`, what is no array before `[]` or `[n]` becomes `[]`.
 */
export function mergePayload(
  bytes: PayloadBytes | null,
  patch: PayloadBytes,
  path: PayloadPath | null,
): PayloadBytes {
  if (path === null && bytes === null) return patch;
  const spans = bytes === null ? new Map<string, Uint8Array>() : topLevelSpans(bytes);
  if (path === null) {
    for (const [key, value] of topLevelSpans(patch)) {
      if (textOf(value) === 'null') spans.delete(key);
      else spans.set(key, value);
    }
    return joinObject(spans);
  }
  const [key, rest] = splitPath(path);
  const old = spans.get(key);
  const merged = mergeAt(old === undefined ? null : parseJsonText(textOf(old)), rest, parsePayload(patch));
  return joinObject(spans.set(key, Buffer.from(jsonText(merged))));
}

/**
 * Takes away what the paths name. `a[]` as the end of a path empties the array; `a[n]` as the end does nothing, as
 * applying that twice would take two elements.
 */
export function deleteKeys(bytes: PayloadBytes, paths: readonly PayloadPath[]): PayloadBytes {
  const spans = topLevelSpans(bytes);
  let changed = false;
  for (const path of paths) {
    const [key, rest] = splitPath(path);
    const old = spans.get(key);
    if (old === undefined) continue;
    if (rest.length === 0) {
      changed = spans.delete(key);
      continue;
    }
    const value = parseJsonText(textOf(old));
    if (!deleteAt(value, rest)) continue;
    spans.set(key, Buffer.from(jsonText(value)));
    changed = true;
  }
  return changed ? joinObject(spans) : bytes;
}

/**
 * What of the payload to return. An included path keeps what is on the way to it and all below it; an excluded one
 * takes away what is at it and below. A point without payload (null) gives `{}`.
 */
export function selectPayload(bytes: PayloadBytes | null, selector: PayloadSelector): PayloadBytes {
  if (bytes === null || selector === false) return EMPTY_OBJECT;
  if (selector === true) return bytes;
  const { keep, paths } = compiled(selector);
  const spans = topLevelSpans(bytes);
  let changed = false;
  for (const [key, span] of spans) {
    const [whole, inside] = pathsBelow(paths, (step) => step.kind === 'key' && step.key === key);
    if (whole ? keep : inside.length === 0 ? !keep : isScalar(span)) continue;
    changed = true;
    if (whole || inside.length === 0) spans.delete(key);
    else spans.set(key, Buffer.from(jsonText(selectInside(parseJsonText(textOf(span)), inside, keep))));
  }
  return changed ? joinObject(spans) : bytes;
}

const EMPTY_OBJECT: PayloadBytes = Buffer.from('{}');

const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();

const isScalar = (json: Uint8Array): boolean => json[0] !== 0x7b && json[0] !== 0x5b; // { [

function splitPath(path: PayloadPath): [key: string, rest: readonly PathStep[]] {
  const [first, ...rest] = path.steps;
  assert(first?.kind === 'key', 'a path starts with a key');
  return [first.key, rest];
}

/** `dest` with `patch` merged in at `steps`; changes it in place where it can. */
function mergeAt(dest: Json, steps: readonly PathStep[], patch: JsonObject): Json {
  const [step, ...rest] = steps;
  if (step !== undefined && step.kind !== 'key') {
    const items = Array.isArray(dest) ? dest : [];
    for (const [i, item] of items.entries()) {
      if (step.kind === 'all' || step.index === i) items[i] = mergeAt(item, rest, patch);
    }
    return items;
  }
  const object = isObject(dest) ? dest : (Object.create(null) as JsonObject);
  if (step !== undefined) {
    object[step.key] = mergeAt(object[step.key] ?? null, rest, patch);
    return object;
  }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete object[key];
    else object[key] = value;
  }
  return object;
}

/** Takes away in place what `steps` (at least one) name below `value`; true when something was there. */
function deleteAt(value: Json, steps: readonly PathStep[]): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return false;
  if (step.kind === 'key') {
    if (!isObject(value) || !Object.hasOwn(value, step.key)) return false;
    if (rest.length > 0) return deleteAt(value[step.key]!, rest);
    delete value[step.key];
    return true;
  }
  if (!Array.isArray(value)) return false;
  if (rest.length === 0) return step.kind === 'all' && value.splice(0).length > 0;
  let changed = false;
  for (const [i, item] of value.entries()) {
    if (step.kind === 'all' || step.index === i) changed = deleteAt(item, rest) || changed;
  }
  return changed;
}

interface CompiledSelector {
  /** The paths tell what stays (include), not what goes (exclude). */
  keep: boolean;
  paths: readonly (readonly PathStep[])[];
}

/** A selector is one object per request and used for every hit of it. */
const compiledSelectors = new WeakMap<object, CompiledSelector>();

function compiled(selector: Exclude<PayloadSelector, boolean>): CompiledSelector {
  const known = compiledSelectors.get(selector);
  if (known !== undefined) return known;
  const keep = 'include' in selector;
  const texts = 'include' in selector ? selector.include : selector.exclude;
  const made = { keep, paths: texts.map((text) => parsePayloadPath(text).steps) };
  compiledSelectors.set(selector, made);
  return made;
}

/** Of the paths whose first step fits: whether one ends there, and what is left of the others. */
function pathsBelow(
  paths: readonly (readonly PathStep[])[],
  fits: (step: PathStep) => boolean,
): [whole: boolean, inside: (readonly PathStep[])[]] {
  const inside = paths
    .filter((steps) => steps[0] !== undefined && fits(steps[0]))
    .map((steps) => steps.slice(1));
  return [inside.some((steps) => steps.length === 0), inside];
}

/** The part of `value` that the paths keep, or leave. A scalar on the way to an included path stays. */
function selectInside(value: Json, paths: readonly (readonly PathStep[])[], keep: boolean): Json {
  if (Array.isArray(value)) {
    const items: Json[] = [];
    for (const [i, item] of value.entries()) {
      const below = pathsBelow(
        paths,
        (step) => step.kind === 'all' || (step.kind === 'index' && step.index === i),
      );
      selectChild(item, below, keep, (kept) => items.push(kept));
    }
    return items;
  }
  if (!isObject(value)) return value;
  const out = Object.create(null) as JsonObject;
  for (const [key, child] of Object.entries(value)) {
    const below = pathsBelow(paths, (step) => step.kind === 'key' && step.key === key);
    selectChild(child, below, keep, (kept) => {
      out[key] = kept;
    });
  }
  return out;
}

function selectChild(
  child: Json,
  [whole, inside]: [whole: boolean, inside: (readonly PathStep[])[]],
  keep: boolean,
  add: (kept: Json) => void,
): void {
  if (whole ? keep : inside.length === 0 && !keep) add(child);
  else if (!whole && inside.length > 0) add(selectInside(child, inside, keep));
}
