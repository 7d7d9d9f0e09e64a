import type { PointId } from '../model/point-id.ts';
import { comparePointIds } from '../model/point-id.ts';

export interface Ranked {
  id: PointId;
  version: number;
  /** Bigger is closer. */
  similarity: number;
}

/**
 * Joins hits of one query from several segments or shards: best first, at most `topK`; of one id in several lists the
 * highest version stays. Ties: the larger id first when bigger scores are better, else the smaller (reference 3.3).
 */
export function mergeHits<T extends Ranked>(lists: T[][], topK: number, largerIdFirst: boolean): T[] {
  const newest = new Map<PointId, T>();
  for (const list of lists) {
    for (const hit of list) {
      const known = newest.get(hit.id);
      if (known === undefined || hit.version > known.version) newest.set(hit.id, hit);
    }
  }
  const order = largerIdFirst ? -1 : 1;
  const hits = [...newest.values()];
  hits.sort((a, b) => b.similarity - a.similarity || order * comparePointIds(a.id, b.id));
  return hits.slice(0, topK);
}
