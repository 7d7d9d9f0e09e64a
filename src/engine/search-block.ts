import type { SearchRequest, SearchResult } from './engine.ts';

/** The flags of native/glue/found.hpp; a test compares both. */
export const SEARCH_FLAGS = { graph: 1, expand: 2, codes: 4, rescore: 8, linkedOnly: 16 } as const;

export function searchFlags(request: SearchRequest): number {
  return (
    (request.strategy === 'graph' ? SEARCH_FLAGS.graph : 0) |
    (request.expand === true ? SEARCH_FLAGS.expand : 0) |
    (request.codes === false ? 0 : SEARCH_FLAGS.codes) |
    (request.rescore === false ? 0 : SEARCH_FLAGS.rescore) |
    (request.linkedOnly === true ? SEARCH_FLAGS.linkedOnly : 0)
  );
}

const HEAD_BYTES = 32;
const STOPPED = ['done', 'deadline', 'cancelled'] as const;

/** The result in a core's block of bytes (native/glue/found.hpp says how it is laid out), of which it keeps views. */
export function readSearchBlock(block: ArrayBuffer, queryCount: number): SearchResult {
  const head = new Float64Array(block, 0, 4);
  const offsets = new Uint32Array(block, HEAD_BYTES, queryCount + 1);
  const hits = offsets[queryCount]!;
  const slotsAt = HEAD_BYTES + (queryCount + 1) * 4;
  return {
    offsets,
    slots: new Uint32Array(block, slotsAt, hits),
    similarities: new Float32Array(block, slotsAt + hits * 4, hits),
    cost: { visited: head[0]!, distances: head[1]!, rescored: head[2]! },
    stopped: STOPPED[head[3]!]!,
  };
}
