import { recall } from '../data/exact.ts';
import type { Subject } from './subject.ts';

export interface Measured {
  recall: number;
  qps: number;
  distances: number | null;
}

export interface MeasureOptions {
  queries: number;
  topK: number;
  /** Exact neighbours, `width` per query. */
  truth: Int32Array;
  width: number;
  /** Passes over all queries are repeated until so much time has passed, three times at least. */
  seconds: number;
}

const PASSES_MIN = 3;
const WARM_UP = 50;

/** Searches all queries one after the other, several times, and reports the median pass. */
export async function measure(subject: Subject, options: MeasureOptions): Promise<Measured> {
  const { queries, topK, truth, width } = options;
  const found: ArrayLike<number>[] = [];
  for (let i = 0; i < Math.min(WARM_UP, queries); i++) await subject.search(i, topK);
  subject.takeDistances();
  const passMs: number[] = [];
  const startedMs = performance.now();
  let searches = 0;
  while (passMs.length < PASSES_MIN || performance.now() - startedMs < options.seconds * 1000) {
    const passStartedMs = performance.now();
    for (let i = 0; i < queries; i++) {
      // A peer answers at once; waiting for it would charge it a turn of the event loop.
      const answer = subject.search(i, topK);
      found[i] = answer instanceof Promise ? await answer : answer;
    }
    passMs.push(performance.now() - passStartedMs);
    searches += queries;
  }
  const distances = subject.takeDistances();
  passMs.sort((a, b) => a - b);
  return {
    recall: recall(found, truth, width, topK),
    qps: (queries / passMs[passMs.length >> 1]!) * 1000,
    distances: distances === null ? null : distances / searches,
  };
}
