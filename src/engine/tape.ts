import { SextantError } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import { RawJson } from '../model/json.ts';
import { AssertionError, assert } from '../shared/assert.ts';
import { type BodyLimits, DEPTH_MAX, jsonError } from './body-scan.ts';

/** The tags of native/json/tape.hpp, where the tape is described; a test compares both. */
export const TAPE_TAGS = {
  null: 0,
  true: 1,
  false: 2,
  number: 3,
  integer: 4,
  ascii: 5,
  utf8: 6,
  escaped: 7,
  array: 8,
  object: 9,
  vector: 10,
  raw: 11,
  keyNew: 12,
  keyAgain: 13,
} as const;

const HEAD_BYTES = 16;
/** As bodyBytesMax in native/json/scan.hpp. */
export const BODY_BYTES_MAX = 1 << 30;

/** What the C++ scan takes for granted. */
export function checkBody(body: Uint8Array, limits: BodyLimits): void {
  assert(body instanceof Uint8Array, 'the body must be bytes');
  assert(body.length <= BODY_BYTES_MAX, `a body has at most ${BODY_BYTES_MAX} bytes`);
  const { depth, containers, scalars } = limits;
  assert(Number.isInteger(depth) && depth >= 1 && depth <= DEPTH_MAX, `depth must be in 1..${DEPTH_MAX}`);
  for (const limit of [containers, scalars]) {
    assert(Number.isInteger(limit) && limit >= 0 && limit < 2 ** 32, 'limits are unsigned integers');
  }
}

/**
 * The tree of a scan's result block (native/json/scan.hpp says how it is laid out), or the error it tells. Takes over
 * the block: vectors are views of it; payloads are views of `body`.
 */
export function readBlock(block: ArrayBuffer, body: Uint8Array): BodyValue {
  const [status, a, b, c] = new Uint32Array(block, 0, 4) as unknown as [number, number, number, number];
  if (status === 1) {
    throw jsonError(Buffer.from(block, HEAD_BYTES, c).toString('latin1'), a, b);
  }
  if (status !== 0) throw new SextantError('insufficientStorage', 'out of memory while reading the body');
  const numbers = new Float64Array(block, HEAD_BYTES, b);
  const floats = new Float32Array(block, HEAD_BYTES + b * 8, c);
  const words = new Uint32Array(block, HEAD_BYTES + b * 8 + c * 4, a);
  return new TapeReader(body, words, numbers, floats).value();
}

class TapeReader {
  readonly #body: Buffer;
  readonly #words: Uint32Array;
  readonly #numbers: Float64Array;
  readonly #floats: Float32Array;
  readonly #keys: string[] = [];
  #word = 0;
  #number = 0;
  #float = 0;

  constructor(body: Uint8Array, words: Uint32Array, numbers: Float64Array, floats: Float32Array) {
    this.#body = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#words = words;
    this.#numbers = numbers;
    this.#floats = floats;
  }

  value(): BodyValue {
    const tag = this.#next();
    switch (tag) {
      case TAPE_TAGS.number:
        return this.#numbers[this.#number++]!;
      case TAPE_TAGS.object:
        return this.#object();
      case TAPE_TAGS.array:
        return this.#array();
      case TAPE_TAGS.vector: {
        const start = this.#float;
        this.#float += this.#next();
        return this.#floats.subarray(start, this.#float);
      }
      case TAPE_TAGS.raw: {
        const start = this.#next();
        return new RawJson(this.#body.subarray(start, start + this.#next()));
      }
      case TAPE_TAGS.null:
        return null;
      case TAPE_TAGS.true:
        return true;
      case TAPE_TAGS.false:
        return false;
      case TAPE_TAGS.integer:
        return BigInt(this.#text('latin1'));
      default:
        return this.#string(tag);
    }
  }

  #object(): BodyObject {
    const out: BodyObject = Object.create(null);
    for (let left = this.#next(); left > 0; left--) {
      const key = this.#key();
      out[key] = this.value();
    }
    return out;
  }

  #array(): BodyValue[] {
    const out: BodyValue[] = [];
    for (let left = this.#next(); left > 0; left--) out.push(this.value());
    return out;
  }

  #key(): string {
    const tag = this.#next();
    if (tag === TAPE_TAGS.keyAgain) return this.#keys[this.#next()]!;
    if (tag !== TAPE_TAGS.keyNew) return this.#string(tag);
    const key = this.#string(this.#next());
    this.#keys.push(key);
    return key;
  }

  #string(tag: number): string {
    switch (tag) {
      case TAPE_TAGS.ascii:
        return this.#text('latin1');
      case TAPE_TAGS.utf8:
        return this.#text('utf8');
      case TAPE_TAGS.escaped:
        // The scan has checked it, so it is a valid string and short of nothing but its quotes.
        return JSON.parse(`"${this.#text('utf8')}"`) as string;
      default:
        throw new AssertionError(`unknown tag ${tag} on the tape`);
    }
  }

  #text(encoding: 'latin1' | 'utf8'): string {
    const start = this.#next();
    return this.#body.toString(encoding, start, start + this.#next());
  }

  #next(): number {
    return this.#words[this.#word++]!;
  }
}
