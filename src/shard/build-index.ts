import { parsePayload } from '../model/payload.ts';
import type { Segment } from '../segment/segment.ts';
import type { SegmentSet } from './segment-set.ts';

/** How long one slice may hold the event loop. */
const SLICE_MS = 5;

/**
 * Feeds all points to a new payload index, in slices between which the event loop runs. Writes that come meanwhile
 * feed it themselves. Ends early, leaving the index unfinished, when it was dropped, replaced or `stopped()`.
 */
export async function buildIndex(set: SegmentSet, path: string, stopped: () => boolean): Promise<void> {
  const target = set.indexes.get(path);
  if (target === undefined || target.ready) return;
  const replaced = (): boolean => stopped() || set.indexes.get(path) !== target;
  for (let i = 0; i < set.segments.length; i++) {
    await feed(set.segments[i]!, path, replaced);
    if (replaced()) return;
    set.segments[i]!.payloadIndexes.finish(path);
  }
  set.indexBuilt(path);
}

async function feed(segment: Segment, path: string, replaced: () => boolean): Promise<void> {
  let sliceStart = performance.now();
  for (let slot = 0; slot < segment.count; slot++) {
    if (segment.live.has(slot)) {
      const payload = segment.points.row(segment.placeOf(slot))?.payload ?? null;
      segment.payloadIndexes.put(slot, payload && parsePayload(payload), path);
    }
    if ((slot & 63) === 63 && performance.now() - sliceStart > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      if (replaced()) return;
      sliceStart = performance.now();
    }
  }
}
