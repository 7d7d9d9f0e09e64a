import type { Filter } from '../../src/model/filter.ts';
import type { ScoredPoint } from '../../src/model/point.ts';
import type { PlainCollection } from './plain-model.ts';

const SCORE_TOLERANCE = 1e-4;

/** Throws unless the hits are points of the collection that match, with their scores; the best ones when `exact`. */
export function checkHits(
  collection: PlainCollection,
  query: { using: string; vector: Float32Array; filter: Filter | null },
  hits: readonly ScoredPoint[],
  expected: { scores: readonly number[]; exact: boolean },
): void {
  const { using, vector, filter } = query;
  expectEqual(hits.length, expected.scores.length, 'hits');
  expectEqual(new Set(hits.map(({ id }) => id)).size, hits.length, 'different hits');
  for (const [i, hit] of hits.entries()) {
    const problem = collection.pointDifference(hit);
    if (problem !== null) throw new Error(problem);
    if (filter !== null && !collection.matches(hit.id, filter)) throw new Error(`${hit.id} does not match`);
    expectClose(hit.score, collection.score(hit.id, using, vector), `score of ${hit.id}`);
    if (expected.exact) expectClose(hit.score, expected.scores[i]!, `score ${i}`);
  }
}

export async function expectNotFound(written: Promise<unknown>): Promise<void> {
  const kind = await written.then(
    () => 'no error',
    (error: { kind?: string }) => error.kind ?? String(error),
  );
  expectEqual(kind, 'notFound', 'error');
}

export function expectEqual<T>(found: T, expected: T, what: string): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`);
}

function expectClose(found: number, expected: number, what: string): void {
  if (Math.abs(found - expected) <= SCORE_TOLERANCE * (1 + Math.abs(expected))) return;
  throw new Error(`${what}: ${found} instead of ${expected}`);
}
