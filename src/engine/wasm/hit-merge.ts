import type { SearchResult } from '../engine.ts';

/** Puts results of the same queries over different slots together: the best `topK` of each query, a slot once. */
export class HitMerge {
  readonly #topK: number;
  /** Parts of each query's hits, each best first. */
  readonly #parts: { slots: Uint32Array; similarities: Float32Array }[][];
  readonly cost: SearchResult['cost'] = { visited: 0, distances: 0, rescored: 0 };
  stopped: SearchResult['stopped'] = 'done';

  constructor(queryCount: number, topK: number) {
    this.#topK = topK;
    this.#parts = Array.from({ length: queryCount }, () => []);
  }

  /** `result` is of the queries from `firstQuery` on. */
  add(result: SearchResult, firstQuery: number): void {
    for (let q = 0; q + 1 < result.offsets.length; q++) {
      const from = result.offsets[q]!;
      const to = result.offsets[q + 1]!;
      if (to === from) continue;
      const part = {
        slots: result.slots.subarray(from, to),
        similarities: result.similarities.subarray(from, to),
      };
      this.#parts[firstQuery + q]!.push(part);
    }
    this.cost.visited += result.cost.visited;
    this.cost.distances += result.cost.distances;
    this.cost.rescored += result.cost.rescored;
    if (result.stopped !== 'done') this.stopped = result.stopped;
  }

  result(): SearchResult {
    const perQuery = this.#parts.map((parts) => bestOf(parts, this.#topK));
    const offsets = new Uint32Array(perQuery.length + 1);
    for (const [q, hits] of perQuery.entries()) offsets[q + 1] = offsets[q]! + hits.slots.length;
    const slots = new Uint32Array(offsets.at(-1)!);
    const similarities = new Float32Array(slots.length);
    for (const [q, hits] of perQuery.entries()) {
      slots.set(hits.slots, offsets[q]);
      similarities.set(hits.similarities, offsets[q]);
    }
    return { offsets, slots, similarities, cost: this.cost, stopped: this.stopped };
  }
}

function bestOf(
  parts: { slots: Uint32Array; similarities: Float32Array }[],
  topK: number,
): { slots: ArrayLike<number> & { length: number }; similarities: ArrayLike<number> } {
  if (parts.length === 1 && parts[0]!.slots.length <= topK) return parts[0]!;
  const hits = parts.flatMap(({ slots, similarities }) =>
    Array.from(slots, (slot, i) => ({ slot, similarity: similarities[i]! })),
  );
  hits.sort((a, b) => b.similarity - a.similarity || a.slot - b.slot);
  const slots: number[] = [];
  const similarities: number[] = [];
  const seen = new Set<number>();
  for (const { slot, similarity } of hits) {
    if (slots.length === topK) break;
    if (seen.has(slot)) continue;
    seen.add(slot);
    slots.push(slot);
    similarities.push(similarity);
  }
  return { slots, similarities };
}
