import { assert } from '../../shared/assert.ts';

/** Marks the head of a code that stands for no text. */
const FREE = 0xffffffff;
/** Texts that collide on purpose are scattered by another seed; a probe this long is no accident at half load. */
const PROBE_MAX = 128;
const ARENA_MAX = 2 ** 32 - 1;

/** Twice the length of a text, plus one when some character does not fit a byte. */
export type TextHead = number;

/** Bytes that the characters of a text of this head take. */
export const textSize = (head: TextHead): number => (head & 1 ? head - 1 : head >>> 1);

/**
 * Texts and their codes, both ways: a hash table over one arena of characters, so that a million texts are no million
 * strings. Codes are dense; those of deleted texts are given again.
 * Invariant: the table has a cell (code + 1) for each code that is in use, within PROBE_MAX of the cell of its hash.
 */
export class TextTable {
  #cells = new Int32Array(64);
  #seed = 0;
  /** By code. */
  #hashes = new Uint32Array(32);
  #heads = new Uint32Array(32);
  #starts = new Uint32Array(32);
  #codes = 0;
  readonly #freeCodes: number[] = [];
  #arena: Buffer = Buffer.allocUnsafeSlow(1024);
  #arenaUsed = 0;
  #arenaLive = 0;

  /** One more than the highest code that was ever given. */
  get codeCount(): number {
    return this.#codes;
  }

  /** The code of the text, or -1. */
  find(text: string): number {
    const hash = hashText(text, this.#seed);
    const head = headOf(text);
    for (let at = this.#home(hash); ; at = this.#next(at)) {
      const code = this.#cells[at]! - 1;
      if (code < 0) return -1;
      if (this.#hashes[code] === hash && this.#heads[code] === head && this.#equalsText(code, text))
        return code;
    }
  }

  /** The code of the text, which is given one when it has none. */
  codeOf(text: string): number {
    const known = this.find(text);
    if (known !== -1) return known;
    const head = headOf(text);
    const start = this.#allocate(textSize(head));
    this.#arena.write(text, start, head & 1 ? 'utf16le' : 'latin1');
    return this.#insert(hashText(text, this.#seed), head, start);
  }

  /** As `codeOf`, for a text whose characters stand at `from` in `bytes`. */
  codeOfBytes(bytes: Uint8Array, from: number, head: TextHead): number {
    const hash = hashBytes(bytes, from, head, this.#seed);
    const size = textSize(head);
    for (let at = this.#home(hash); ; at = this.#next(at)) {
      const code = this.#cells[at]! - 1;
      if (code < 0) break;
      if (
        this.#hashes[code] === hash &&
        this.#heads[code] === head &&
        this.#equalsBytes(code, bytes, from, size)
      ) {
        return code;
      }
    }
    const start = this.#allocate(size);
    this.#arena.set(bytes.subarray(from, from + size), start);
    return this.#insert(hash, head, start);
  }

  /** Whether the code stands for a text. */
  has(code: number): boolean {
    return code < this.#codes && this.#heads[code] !== FREE;
  }

  headOf(code: number): TextHead {
    return this.#heads[code]!;
  }

  /** Copies the characters of the text to `at` in `into`. */
  copyTo(code: number, into: Uint8Array, at: number): void {
    const start = this.#starts[code]!;
    into.set(this.#arena.subarray(start, start + textSize(this.#heads[code]!)), at);
  }

  textOf(code: number): string {
    const head = this.#heads[code]!;
    const start = this.#starts[code]!;
    return this.#arena.toString(head & 1 ? 'utf16le' : 'latin1', start, start + textSize(head));
  }

  /** Frees a code that is in use. */
  delete(code: number): void {
    assert(this.has(code), 'the code is in use');
    this.#removeCell(code);
    this.#arenaLive -= textSize(this.#heads[code]!);
    this.#heads[code] = FREE;
    this.#freeCodes.push(code);
  }

  #insert(hash: number, head: TextHead, start: number): number {
    const code = this.#freeCodes.pop() ?? this.#codes++;
    if (code >= this.#hashes.length) this.#growCodes();
    this.#hashes[code] = hash;
    this.#heads[code] = head;
    this.#starts[code] = start;
    if ((this.#codes - this.#freeCodes.length) * 2 > this.#cells.length)
      this.#rebuild(this.#cells.length * 2);
    else if (!this.#addCell(code)) this.#rebuild(this.#cells.length, this.#seed + 1);
    return code;
  }

  #home(hash: number): number {
    return hash & (this.#cells.length - 1);
  }

  #next(at: number): number {
    return (at + 1) & (this.#cells.length - 1);
  }

  /** False when the probe gets too long. */
  #addCell(code: number): boolean {
    let at = this.#home(this.#hashes[code]!);
    for (let probes = 0; probes < PROBE_MAX; probes++, at = this.#next(at)) {
      if (this.#cells[at] !== 0) continue;
      this.#cells[at] = code + 1;
      return true;
    }
    return false;
  }

  /** Empties the cell of `code` and moves later cells of the same run up, so that no probe meets a hole. */
  #removeCell(code: number): void {
    let hole = this.#home(this.#hashes[code]!);
    while (this.#cells[hole] !== code + 1) hole = this.#next(hole);
    const mask = this.#cells.length - 1;
    for (let at = this.#next(hole); this.#cells[at] !== 0; at = this.#next(at)) {
      const home = this.#home(this.#hashes[this.#cells[at]! - 1]!);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      this.#cells[hole] = this.#cells[at]!;
      hole = at;
    }
    this.#cells[hole] = 0;
  }

  /** Fills a table of `cells` cells anew; with another seed, or more cells, when probes get too long. */
  #rebuild(cells: number, seed = this.#seed): void {
    this.#cells = new Int32Array(cells);
    const reseed = seed !== this.#seed;
    this.#seed = seed;
    for (let code = 0; code < this.#codes; code++) {
      const head = this.#heads[code]!;
      if (head === FREE) continue;
      if (reseed) this.#hashes[code] = hashBytes(this.#arena, this.#starts[code]!, head, seed);
      if (this.#addCell(code)) continue;
      this.#rebuild(cells * 2, seed + 1);
      return;
    }
  }

  #growCodes(): void {
    const length = this.#hashes.length * 2;
    this.#hashes = grown(this.#hashes, length);
    this.#heads = grown(this.#heads, length);
    this.#starts = grown(this.#starts, length);
  }

  /** Room for `size` bytes; packs the arena first when most of it belongs to deleted texts. */
  #allocate(size: number): number {
    if (this.#arenaUsed + size > this.#arena.length) {
      const length = Math.max(this.#arenaLive + size, Math.min(ARENA_MAX, this.#arenaLive * 2), 1024);
      assert(length <= ARENA_MAX, 'the distinct texts of a payload index fit 4 GB');
      const packed = Buffer.allocUnsafeSlow(length);
      let end = 0;
      for (let code = 0; code < this.#codes; code++) {
        if (this.#heads[code] === FREE) continue;
        this.copyTo(code, packed, end);
        this.#starts[code] = end;
        end += textSize(this.#heads[code]!);
      }
      this.#arena = packed;
      this.#arenaUsed = end;
    }
    const start = this.#arenaUsed;
    this.#arenaUsed += size;
    this.#arenaLive += size;
    return start;
  }

  #equalsText(code: number, text: string): boolean {
    const start = this.#starts[code]!;
    if (this.#heads[code]! & 1) return this.textOf(code) === text;
    for (let i = 0; i < text.length; i++) if (this.#arena[start + i] !== text.charCodeAt(i)) return false;
    return true;
  }

  #equalsBytes(code: number, bytes: Uint8Array, from: number, size: number): boolean {
    const start = this.#starts[code]!;
    for (let i = 0; i < size; i++) if (this.#arena[start + i] !== bytes[from + i]) return false;
    return true;
  }
}

function headOf(text: string): TextHead {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return text.length * 2 + 1;
  return text.length * 2;
}

/** A 32-bit hash of the character codes: multiply and fold per character. */
export function hashText(text: string, seed: number): number {
  let hash = 0x9e3779b1 ^ Math.imul(seed, 0x85ebca6b);
  for (let i = 0; i < text.length; i++) hash = step(hash, text.charCodeAt(i));
  return finish(hash);
}

/** The same hash of the text of this head that stands at `from`. */
function hashBytes(bytes: Uint8Array, from: number, head: TextHead, seed: number): number {
  let hash = 0x9e3779b1 ^ Math.imul(seed, 0x85ebca6b);
  const end = from + textSize(head);
  if (head & 1) for (let i = from; i < end; i += 2) hash = step(hash, bytes[i]! | (bytes[i + 1]! << 8));
  else for (let i = from; i < end; i++) hash = step(hash, bytes[i]!);
  return finish(hash);
}

function step(hash: number, code: number): number {
  const mixed = Math.imul(hash ^ code, 0x5bd1e995);
  return mixed ^ (mixed >>> 15);
}

function finish(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function grown(array: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(length);
  out.set(array);
  return out;
}
