import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { DataFolder } from '../../bench/data/data-folder.ts';
import { FLOAT_TEXT_MAX, writeAscii, writeFloat } from './float-text.ts';

const BLOCK_BYTES = 1 << 20;
const NEWLINE = 10;

/** Makes the bodies of upsert requests from a data folder, row after row, reading no more than it needs. */
export class RowSource {
  readonly #dim: number;
  readonly #count: number;
  readonly #vectors: number;
  readonly #payloads: LineReader | null;
  #row = 0;

  /** `limit`: leave out the rows from there on. */
  constructor({ path, manifest }: DataFolder, limit = manifest.count) {
    this.#dim = manifest.dim;
    this.#count = Math.min(limit, manifest.count);
    this.#vectors = openSync(join(path, 'base.f32'), 'r');
    const payloads = join(path, 'payload.jsonl');
    this.#payloads = existsSync(payloads) ? new LineReader(payloads) : null;
  }

  get count(): number {
    return this.#count;
  }

  /** The next body with up to `batch` points, and how many there are in it; null at the end. */
  next(batch: number): { body: Buffer; points: number } | null {
    const points = Math.min(batch, this.#count - this.#row);
    if (points <= 0) return null;
    const vectors = this.#readVectors(points);
    const lines: (Buffer | null)[] = [];
    let bytes = 32;
    for (let i = 0; i < points; i++) {
      const line = this.#payloads?.next() ?? null;
      lines.push(line);
      bytes += 64 + this.#dim * (FLOAT_TEXT_MAX + 1) + (line?.length ?? 0);
    }
    const into = Buffer.allocUnsafe(bytes);
    let at = writeAscii(into, 0, '{"points":[');
    for (let i = 0; i < points; i++) {
      at = writeAscii(into, at, `${i === 0 ? '' : ','}{"id":${this.#row + i},"vector":[`);
      at = writeVector(into, at, vectors, i * this.#dim, this.#dim);
      const line = lines[i]!;
      if (line) {
        at = writeAscii(into, at, ',"payload":');
        at += line.copy(into, at);
      }
      into[at++] = 125; // }
    }
    at = writeAscii(into, at, ']}');
    this.#row += points;
    return { body: into.subarray(0, at), points };
  }

  close(): void {
    closeSync(this.#vectors);
    this.#payloads?.close();
  }

  #readVectors(points: number): Float32Array {
    const vectors = new Float32Array(points * this.#dim);
    const position = this.#row * this.#dim * 4;
    readSync(this.#vectors, new Uint8Array(vectors.buffer), 0, vectors.byteLength, position);
    return vectors;
  }
}

function writeVector(into: Buffer, start: number, vectors: Float32Array, from: number, dim: number): number {
  let at = start;
  for (let i = 0; i < dim; i++) {
    if (i > 0) into[at++] = 44; // ,
    at = writeFloat(into, at, vectors[from + i]!);
  }
  into[at] = 93; // ]
  return at + 1;
}

/** Lines of a file as bytes, read block by block. */
class LineReader {
  readonly #file: number;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'r');
  }

  /** The next line without its end; null after the last. Valid until the caller drops it. */
  next(): Buffer | null {
    for (;;) {
      const end = this.#block.indexOf(NEWLINE, this.#at);
      if (end >= 0) {
        const line = this.#block.subarray(this.#at, end);
        this.#at = end + 1;
        return line;
      }
      const more = Buffer.allocUnsafe(BLOCK_BYTES);
      const read = readSync(this.#file, more, 0, BLOCK_BYTES, null);
      const rest = this.#block.subarray(this.#at);
      if (read === 0) {
        this.#block = Buffer.alloc(0);
        this.#at = 0;
        return rest.length === 0 ? null : rest;
      }
      this.#block = Buffer.concat([rest, more.subarray(0, read)]);
      this.#at = 0;
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
