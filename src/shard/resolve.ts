import { notFound } from '../model/errors.ts';
import type { Operation } from '../model/operation.ts';
import type { PointId } from '../model/point-id.ts';
import { formatPointId } from '../model/point-id.ts';
import type { PointsSelector, WriteRequest } from '../model/write.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import { matchingSlots } from '../segment/filter.ts';
import { must, unreachable } from '../shared/assert.ts';
import { Pacer } from '../shared/pacer.ts';
import type { SegmentSet } from './segment-set.ts';

/** Points of one logged operation at most: bounds a record, and the time one apply holds the event loop. */
export const POINTS_PER_OPERATION = 1000;

/**
 * Turns a write into operations that need no lookup: filters become ids, ids that must exist are checked. More than
 * `POINTS_PER_OPERATION` points become several operations. Yields nothing when nothing is to be done.
 */
export async function resolveWrite(
  set: SegmentSet,
  request: WriteRequest,
  budget: ReadBudget,
): Promise<Operation[]> {
  switch (request.kind) {
    case 'upsert':
      return chunks(request.points).map((points) => ({ kind: 'upsert', points }));
    case 'updateVectors':
      for (const { id } of request.points) requirePoint(set, id);
      return chunks(request.points).map((points) => ({ kind: 'updateVectors', points }));
    case 'delete': {
      const ids = await selected(set, request.selector, budget, false);
      return chunks(ids).map((part) => ({ kind: 'delete', ids: part }));
    }
    case 'deleteVectors': {
      const ids = await selected(set, request.selector, budget, true);
      return chunks(ids).map((part) => ({ kind: 'deleteVectors', ids: part, names: request.names }));
    }
    case 'setPayload':
    case 'overwritePayload':
    case 'deletePayload':
    case 'clearPayload': {
      const { selector, ...change } = request;
      const ids = await selected(set, selector, budget, true);
      return chunks(ids).map((part): Operation => ({ ...change, ids: part }));
    }
    case 'createIndex':
    case 'deleteIndex':
      return [request];
    default:
      return unreachable(request);
  }
}

/** How many slots the operation may take. */
export const pointsTaken = (operation: Operation): number => {
  if (operation.kind === 'upsert' || operation.kind === 'updateVectors') return operation.points.length;
  return operation.kind === 'deleteVectors' ? operation.ids.length : 0;
};

async function selected(
  set: SegmentSet,
  selector: PointsSelector,
  budget: ReadBudget,
  mustExist: boolean,
): Promise<PointId[]> {
  const ids: PointId[] = [];
  const pacer = new Pacer();
  for (const id of new Set(selector.ids ?? [])) {
    if (pacer.due()) await pacer.rest();
    if (mustExist) requirePoint(set, id);
    if (mustExist || set.points.locate(id) !== undefined) ids.push(id);
  }
  if (selector.filter === null) return ids;
  for (const segment of set.segments) {
    for (const slot of await matchingSlots(segment, selector.filter, budget)) {
      ids.push(must(set.points.row(segment.placeOf(slot)), 'a live slot has a row').id);
      if (!pacer.due()) continue;
      await pacer.rest();
      budget.check();
    }
  }
  return ids;
}

function requirePoint(set: SegmentSet, id: PointId): void {
  if (set.points.locate(id) === undefined) throw notFound(`No point with id ${formatPointId(id)} found`);
}

function chunks<T>(items: T[]): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < items.length; at += POINTS_PER_OPERATION)
    parts.push(items.slice(at, at + POINTS_PER_OPERATION));
  return parts;
}
