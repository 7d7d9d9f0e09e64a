import { SextantError } from '../model/errors.ts';
import type { BodyValue } from '../model/json.ts';

/** Bounds of a JSON body; beyond any of them the scan refuses. */
export interface BodyLimits {
  /** Nesting of arrays and objects. */
  depth: number;
  /**
   * Objects and arrays outside of payloads and vectors; also how many vectors there may be, how many payloads, and how
   * many objects and arrays inside one payload.
   */
  containers: number;
  /**
   * Numbers, strings, literals and keys outside of payloads and vectors; also how many inside one payload. Outside, each
   * counts as much as it costs to build: strings and integers beyond 2^53-1 as 8, a key that is not one of the first 128
   * different ones seen before as 16. (And no body may have more than 300,000 numbers that are no f32 or f64 at a first
   * glance: ties, subnormals, digits beyond the precision.)
   */
  scalars: number;
}

export const DEFAULT_BODY_LIMITS: BodyLimits = { depth: 128, containers: 100_000, scalars: 2_000_000 };
/** No scan goes deeper, whatever its limits say. */
export const DEPTH_MAX = 512;

/**
 * Turns the bytes of a JSON body into a tree in one bounded pass. Strict RFC 8259 (UTF-8 checked, lone surrogates
 * refused); an error is a `SextantError` of kind `jsonFormat` with the reason, line and column (in bytes).
 *
 * - An object under the key `payload`, and each object in an array under `payloads`, becomes `RawJson` (checked, not
 *   built). Its bytes are a view of `body`, which must not be changed while they are in use.
 * - A non-empty array made only of numbers becomes a `Float32Array` when it is a vector by position: under `vector`,
 *   `vectors`, `query`, `nearest`, `target` (at any depth of objects and arrays below these keys, except below an inner
 *   key of `indices`, or of `formula` and `defaults` in a query), and inside the arrays under `positive` and
 *   `negative` (whose own direct numbers are point ids). All vectors of a body share one buffer.
 *   Each number is `Math.fround(Number(text))`; one beyond the f32 range becomes Infinity, for the caller to refuse.
 *   Below these keys `payload` has no meaning, and below `vector` and `vectors` neither have `positive` and
 *   `negative`: there they are names of vectors. Below `metadata` of the body itself no key has a meaning.
 * - Integers beyond 2^53-1 that fit 64 bits (signed or unsigned) become `bigint`; other numbers beyond the f64 range
 *   are refused. Objects have a null prototype; the last of repeated keys wins.
 */
export type BodyScan = (body: Uint8Array, limits?: BodyLimits) => BodyValue;

/** The one form of a scan's refusal: lines count from 1, a column is the bytes of its line up to the offending one. */
export const jsonError = (reason: string, line: number, column: number): SextantError =>
  new SextantError('jsonFormat', `${reason} at line ${line} column ${column}`);
