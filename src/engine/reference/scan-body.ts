import type { BodyObject, BodyValue } from '../../model/json.ts';
import { RawJson } from '../../model/json.ts';
import { assert } from '../../shared/assert.ts';
import {
  type BodyContext,
  contextInArray,
  contextInObject,
  contextUnderKey,
  holdsVectors,
} from '../body-context.ts';
import { type BodyLimits, type BodyScan, DEFAULT_BODY_LIMITS, DEPTH_MAX } from '../body-scan.ts';
import { JsonReader } from './json-reader.ts';

/** The slow body scan: recursive descent, one byte at a time; the oracle for the native one. */
export const scanBody: BodyScan = (body, limits = DEFAULT_BODY_LIMITS) => {
  assert(body instanceof Uint8Array, 'the body must be bytes');
  assert(limits.depth >= 1 && limits.depth <= DEPTH_MAX, `depth must be in 1..${DEPTH_MAX}`);
  const scanner = new Scanner(body, limits);
  return scanner.run();
};

/** As in native/json/scan.cpp and keys.hpp. */
const TEXT_COST = 8;
const FRESH_KEY_COST = 16;
const SEEN_KEYS_MAX = 128;
const SEEN_KEY_BYTES_MAX = 64;

class Scanner {
  readonly #in: JsonReader;
  readonly #limits: BodyLimits;
  #budget: { containers: number; scalars: number };
  #vectorsLeft: number;
  #payloadsLeft: number;
  #depth = 0;
  #isRaw = false;
  readonly #seenKeys = new Set<string>();

  constructor(body: Uint8Array, limits: BodyLimits) {
    this.#in = new JsonReader(body);
    this.#limits = limits;
    this.#budget = { ...limits };
    this.#vectorsLeft = limits.containers;
    this.#payloadsLeft = limits.containers;
  }

  run(): BodyValue {
    this.#in.skipSpace();
    const value = this.#value('plain');
    this.#in.skipSpace();
    if (!this.#in.atEnd()) throw this.#in.error('trailing characters');
    return value;
  }

  /** The reader stands on the first byte of a value, and ends behind its last. */
  #value(context: BodyContext): BodyValue {
    const byte = this.#in.peek();
    if (byte === '{') return context === 'payload' ? this.#raw() : this.#object(context);
    if (byte === '[') return (holdsVectors(context) ? this.#vector() : null) ?? this.#array(context);
    if (byte === '') throw this.#in.error('EOF while parsing a value');
    if (byte === '"') {
      this.#spend('scalars', this.#isRaw ? 1 : TEXT_COST);
      return this.#in.string();
    }
    this.#spend('scalars', 1);
    const value = this.#in.literalOrNumber();
    if (typeof value === 'bigint' && !this.#isRaw) this.#spend('scalars', TEXT_COST - 1);
    return value;
  }

  #object(context: BodyContext): BodyObject {
    const out: BodyObject = Object.create(null);
    this.#enter();
    for (const _ of this.#in.members('}')) {
      const key = this.#key();
      this.#in.colon();
      out[key] = this.#value(contextUnderKey(key, contextInObject(context), this.#depth));
    }
    this.#depth--;
    return out;
  }

  #key(): string {
    const start = this.#in.position;
    const key = this.#in.string();
    const end = this.#in.position;
    const cost = this.#isRaw ? 1 : this.#keyCost(this.#in.bytes.subarray(start + 1, end - 1));
    this.#in.position = start;
    this.#spend('scalars', cost);
    this.#in.position = end;
    return key;
  }

  /** The first keys of a body are remembered, unless they are long or escaped. */
  #keyCost(spelling: Uint8Array): number {
    const text = Buffer.from(spelling).toString('latin1');
    if (this.#seenKeys.has(text)) return 1;
    const fits = spelling.length <= SEEN_KEY_BYTES_MAX && !text.includes('\\');
    if (fits && this.#seenKeys.size < SEEN_KEYS_MAX) this.#seenKeys.add(text);
    return FRESH_KEY_COST;
  }

  #array(context: BodyContext): BodyValue[] {
    const out: BodyValue[] = [];
    this.#enter();
    for (const _ of this.#in.members(']')) out.push(this.#value(contextInArray(context)));
    this.#depth--;
    return out;
  }

  /** The array as a vector; null, with the reader where it was, when it is empty or has anything but numbers. */
  #vector(): Float32Array | null {
    const start = this.#in.position;
    const numbers = this.#in.numberArray();
    if (numbers === null) {
      this.#in.position = start;
      return null;
    }
    if (this.#vectorsLeft-- === 0) {
      this.#in.position = start;
      throw this.#in.error(`more than ${this.#limits.containers} vectors`);
    }
    return Float32Array.from(numbers);
  }

  /** Checks an object by building and dropping it; the bounds hold anew inside. */
  #raw(): RawJson {
    if (this.#payloadsLeft-- === 0) throw this.#in.error(`more than ${this.#limits.containers} payloads`);
    const outside = this.#budget;
    this.#budget = { ...this.#limits };
    this.#isRaw = true;
    const start = this.#in.position;
    this.#object('opaque');
    this.#isRaw = false;
    this.#budget = outside;
    return new RawJson(this.#in.bytes.subarray(start, this.#in.position));
  }

  #enter(): void {
    if (this.#depth >= this.#limits.depth) throw this.#in.error('recursion limit exceeded');
    this.#spend('containers', 1);
    this.#depth++;
  }

  #spend(kind: 'containers' | 'scalars', cost: number): void {
    this.#budget[kind] -= cost;
    if (this.#budget[kind] >= 0) return;
    const what = kind === 'containers' ? 'arrays and objects' : 'numbers, strings and keys';
    throw this.#in.error(`more than ${this.#limits[kind]} ${what}`);
  }
}
