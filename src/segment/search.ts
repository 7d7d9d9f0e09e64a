import { EF_MAX } from '../engine/check.ts';
import type { SearchRequest, SearchResult, VectorIndex } from '../engine/engine.ts';
import { SextantError } from '../model/errors.ts';
import type { SlotSet } from '../model/slot-set.ts';
import type { NearestPlan, ReadBudget } from '../query/nearest-plan.ts';
import { SharedCancel } from '../shared/cancel.ts';
import { matchingSlots } from './filter.ts';
import type { Segment } from './segment.ts';
import type { VectorField } from './vector-field.ts';

export type Strategy = 'plain' | 'graph' | 'exact';

/** How a search ran; what `explain` and tests look at. */
export interface SearchTrace {
  strategy: Strategy;
  /** Slots that match the filter; null = no filter. */
  matching: number | null;
  fellBack: boolean;
  cost: { visited: number; distances: number; rescored: number };
}

export interface SegmentHits {
  slots: Uint32Array;
  similarities: Float32Array;
  trace: SearchTrace;
}

/**
 * Fewer matching points than this are scored on originals at once. Of more, the core walks the graph or scans their
 * codes, whichever costs less (native/core/README.md).
 */
const PLAIN_MATCHES_MAX = 1000;

/**
 * Nearest live points of one segment. Rejects with `timeout` when the budget ends; the native search stops too. The
 * caller is a reader of the shard until it has read the rows of the slots returned.
 */
export async function searchSegment(
  segment: Segment,
  wanted: NearestPlan,
  budget: ReadBudget,
): Promise<SegmentHits> {
  const field = segment.fields.get(wanted.field)!;
  const allowed = wanted.filter === null ? null : await matchingSlots(segment, wanted.filter, budget);
  const matching = allowed === null ? null : allowed.count();
  const reachable = Math.min(wanted.topK, matching ?? segment.liveCount);
  const plan = { ...wanted, topK: Math.max(1, reachable) };
  const strategy = chooseStrategy(field, plan, matching);
  const trace: SearchTrace = {
    strategy,
    matching,
    fellBack: false,
    cost: { visited: 0, distances: 0, rescored: 0 },
  };
  if (reachable === 0) return { slots: new Uint32Array(0), similarities: new Float32Array(0), trace };
  const { index } = field;
  let result = await run(index, engineRequest(field, plan, strategy, allowed, budget), budget);
  addCost(trace, result);
  if (strategy === 'graph' && result.slots.length < reachable && !plan.indexedOnly) {
    trace.fellBack = true;
    result = await run(index, engineRequest(field, plan, 'plain', allowed, budget), budget);
    addCost(trace, result);
  }
  return { ...stillLive(segment, result), trace };
}

/** The one place that chooses. `matching` is exact. */
export function chooseStrategy(field: VectorField, plan: NearestPlan, matching: number | null): Strategy {
  if (plan.exact) return 'exact';
  if (field.index.linkedCount === 0) return 'plain';
  if (matching === null) return field.kilobytes < field.params.fullScanThreshold ? 'plain' : 'graph';
  return matching <= PLAIN_MATCHES_MAX ? 'plain' : 'graph';
}

/** Every candidate of a walk on codes is rescored, so asking for more of them (oversampling) is asking for a larger ef. */
const effectiveEf = (field: VectorField, plan: NearestPlan): number =>
  Math.min(EF_MAX, Math.max(plan.ef ?? field.params.efConstruct, Math.floor(plan.topK * plan.oversampling)));

function engineRequest(
  field: VectorField,
  plan: NearestPlan,
  strategy: Strategy,
  allowed: SlotSet | null,
  budget: ReadBudget,
): SearchRequest {
  const request: SearchRequest = {
    queries: plan.vector,
    topK: plan.topK,
    ef: effectiveEf(field, plan),
    strategy: strategy === 'graph' ? 'graph' : 'plain',
    expand: allowed !== null,
    codes: strategy === 'graph' && plan.codes,
    rescore: plan.rescore,
    linkedOnly: plan.indexedOnly && !plan.exact && field.index.linkedCount > 0,
    timeoutMs: Math.max(1, Math.ceil(budget.remainingMs())),
  };
  if (allowed !== null) request.allowed = allowed.words;
  return request;
}

async function run(index: VectorIndex, request: SearchRequest, budget: ReadBudget): Promise<SearchResult> {
  if (request.strategy === 'graph') return finished(await index.search(request), budget);
  const cancel = new SharedCancel();
  const stop = (): void => cancel.cancel();
  budget.signal.addEventListener('abort', stop, { once: true });
  try {
    return finished(await index.search({ ...request, cancel }), budget);
  } finally {
    budget.signal.removeEventListener('abort', stop);
  }
}

/** A search that was stopped has no result: the budget says why. */
function finished(result: SearchResult, budget: ReadBudget): SearchResult {
  if (result.stopped === 'done') return result;
  budget.check();
  throw new SextantError('timeout', 'the search was stopped at the end of its time');
}

/** Points that left their slots while the search ran are dropped. */
function stillLive(segment: Segment, result: SearchResult): Omit<SegmentHits, 'trace'> {
  const { slots, similarities } = result;
  if (slots.every((slot) => segment.live.has(slot))) return { slots, similarities };
  const kept = [...slots.keys()].filter((i) => segment.live.has(slots[i]!));
  return {
    slots: Uint32Array.from(kept, (i) => slots[i]!),
    similarities: Float32Array.from(kept, (i) => similarities[i]!),
  };
}

function addCost(trace: SearchTrace, result: SearchResult): void {
  trace.cost.visited += result.cost.visited;
  trace.cost.distances += result.cost.distances;
  trace.cost.rescored += result.cost.rescored;
}
