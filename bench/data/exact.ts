import type { Distance } from '../../src/model/distance.ts';

/** Similarity (bigger is closer) of a query to row `row`; cosine takes both as already normalised. */
export function similarity(distance: Distance, query: Float32Array, base: Float32Array, at: number): number {
  const dim = query.length;
  let sum = 0;
  if (distance === 'Euclid') {
    for (let i = 0; i < dim; i++) {
      const d = query[i]! - base[at + i]!;
      sum -= d * d;
    }
  } else if (distance === 'Manhattan') {
    for (let i = 0; i < dim; i++) sum -= Math.abs(query[i]! - base[at + i]!);
  } else {
    for (let i = 0; i < dim; i++) sum += query[i]! * base[at + i]!;
  }
  return sum;
}

/** Divides each row by its length; rows of length zero stay. */
export function normalised(vectors: Float32Array, dim: number): Float32Array {
  const out = new Float32Array(vectors.length);
  for (let at = 0; at < vectors.length; at += dim) {
    let square = 0;
    for (let i = at; i < at + dim; i++) square += vectors[i]! * vectors[i]!;
    const scale = square === 0 ? 0 : 1 / Math.sqrt(square);
    for (let i = at; i < at + dim; i++) out[i] = vectors[i]! * scale;
  }
  return out;
}

export interface ExactOptions {
  distance: Distance;
  dim: number;
  base: Float32Array;
  queries: Float32Array;
  topK: number;
  /** Only these rows; absent = all. */
  rows?: Uint32Array;
}

/**
 * The nearest rows of each query by comparing with every row: queries x topK row numbers, nearest first, the smaller
 * row first among equals; -1 where there are fewer rows than topK.
 */
export function exactNeighbours({ distance, dim, base, queries, topK, rows }: ExactOptions): Int32Array {
  const cosine = distance === 'Cosine';
  const b = cosine ? normalised(base, dim) : base;
  const q = cosine ? normalised(queries, dim) : queries;
  const count = q.length / dim;
  const out = new Int32Array(count * topK).fill(-1);
  for (let i = 0; i < count; i++) {
    const best = new Best(topK);
    const query = q.subarray(i * dim, (i + 1) * dim);
    const total = rows ? rows.length : b.length / dim;
    for (let n = 0; n < total; n++) {
      const row = rows ? rows[n]! : n;
      best.offer(row, similarity(distance, query, b, row * dim));
    }
    out.set(best.rows, i * topK);
  }
  return out;
}

/** The best so far, kept sorted by insertion: cheap because few offers get in. */
class Best {
  readonly rows: number[] = [];
  readonly #scores: number[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(row: number, score: number): void {
    const { rows } = this;
    const scores = this.#scores;
    if (rows.length === this.#limit && score <= scores[rows.length - 1]!) return;
    let at = rows.length;
    while (at > 0 && scores[at - 1]! < score) at--;
    rows.splice(at, 0, row);
    scores.splice(at, 0, score);
    if (rows.length > this.#limit) {
      rows.pop();
      scores.pop();
    }
  }
}

/**
 * Mean share of the first `topK` exact neighbours that were found. `truth` holds `width` rows per query, of which -1
 * means none; a query without any true neighbour counts as 1.
 */
export function recall(
  found: readonly ArrayLike<number>[],
  truth: Int32Array,
  width: number,
  topK: number,
): number {
  let sum = 0;
  found.forEach((rows, query) => {
    const exact = new Set(truth.subarray(query * width, query * width + Math.min(topK, width)));
    exact.delete(-1);
    let hits = 0;
    for (let i = 0; i < Math.min(rows.length, topK); i++) if (exact.has(rows[i]!)) hits++;
    sum += exact.size === 0 ? 1 : hits / exact.size;
  });
  return sum / found.length;
}
