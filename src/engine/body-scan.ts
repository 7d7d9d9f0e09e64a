import type { BodyValue } from '../model/json.ts';

/** Bounds of a JSON body; beyond any of them the scan refuses. */
export interface BodyLimits {
  /** Nesting of arrays and objects. */
  depth: number;
  /** Objects and arrays outside of payloads and vectors. */
  containers: number;
  /** Numbers, strings and keys outside of payloads and vectors. */
  scalars: number;
}

export const DEFAULT_BODY_LIMITS: BodyLimits = { depth: 128, containers: 200_000, scalars: 2_000_000 };

/**
 * Turns the bytes of a JSON body into a tree in one bounded pass. Strict RFC 8259 (UTF-8 checked); an error is a
 * `SextantError` of kind `jsonFormat` with the reason, line and column.
 *
 * - An object under the key `payload`, and each object in an array under `payloads`, becomes `RawJson` (checked, not built).
 * - An array made only of numbers becomes a `Float32Array` when it is a vector by position: under `vector`, `vectors`, `query`,
 *   `nearest`, `target` (at any depth of objects and arrays below these keys, except below an inner key of `indices`),
 *   and inside the arrays under `positive` and `negative` (whose own direct numbers are point ids).
 *   Each number is `Math.fround(Number(text))`; one beyond the f32 range becomes Infinity, for the caller to refuse.
 * - Integers beyond 2^53-1 become `bigint`; objects have a null prototype; the last of repeated keys wins.
 */
export type BodyScan = (body: Uint8Array, limits?: BodyLimits) => BodyValue;
