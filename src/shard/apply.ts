import type { Operation, PayloadBytes, PointStruct } from '../model/operation.ts';
import { deleteKeys, mergePayload } from '../model/payload.ts';
import { parsePayloadPath } from '../model/payload-path.ts';
import type { PointId } from '../model/point-id.ts';
import type { NamedVectors } from '../model/vector.ts';
import { segmentOf, slotOf } from '../segment/place.ts';
import type { PointRow } from '../segment/point-table.ts';
import type { Segment } from '../segment/segment.ts';
import { must, unreachable } from '../shared/assert.ts';
import type { SegmentSet } from './segment-set.ts';

/**
 * Changes the segments by one operation, at once and without I/O, so that a reader sees all of it or nothing. The
 * operation is resolved and validated; points it names that are gone are passed over (the log may name them in replay).
 * The caller made room for new points (`SegmentSet.ensureRoom`).
 */
export function applyOperation(set: SegmentSet, operation: Operation, sequence: number): void {
  apply(set, operation, sequence);
  set.moved.operationEnds();
}

function apply(set: SegmentSet, operation: Operation, sequence: number): void {
  switch (operation.kind) {
    case 'upsert':
      upsert(set, operation.points, sequence);
      break;
    case 'delete':
      for (const id of operation.ids) remove(set, id);
      break;
    case 'updateVectors': {
      const changes = operation.points.map(({ id, vectors }) => ({ id, change: merged(vectors) }));
      replaceVectors(set, changes, sequence);
      break;
    }
    case 'deleteVectors': {
      const changes = operation.ids.map((id) => ({ id, change: without(operation.names) }));
      replaceVectors(set, changes, sequence);
      break;
    }
    case 'setPayload': {
      const at = path(operation.path);
      const patch = owned(operation.payload);
      changePayload(set, operation.ids, sequence, (payload) => mergePayload(payload, patch, at));
      break;
    }
    case 'overwritePayload': {
      const payload = owned(operation.payload);
      changePayload(set, operation.ids, sequence, () => payload);
      break;
    }
    case 'deletePayload': {
      const paths = operation.keys.map(parsePayloadPath);
      changePayload(set, operation.ids, sequence, (payload) => payload && deleteKeys(payload, paths));
      break;
    }
    case 'clearPayload':
      changePayload(set, operation.ids, sequence, () => null);
      break;
    case 'createIndex':
      set.createIndex(operation.path, operation.schema);
      break;
    case 'deleteIndex':
      set.dropIndex(operation.path);
      break;
    default:
      unreachable(operation);
  }
}

const path = (text: string | null): ReturnType<typeof parsePayloadPath> | null =>
  text === null ? null : parsePayloadPath(text);

function upsert(set: SegmentSet, points: PointStruct[], sequence: number): void {
  const payloads = packed(points.map((point) => point.payload));
  const last = new Map<PointId, number>();
  for (const [i, point] of points.entries()) last.set(point.id, i);
  const kept: PointStruct[] = [];
  for (const [id, i] of last) kept.push({ id, vectors: points[i]!.vectors, payload: payloads[i]! });
  for (const { id } of kept) remove(set, id);
  insert(set, kept, sequence);
}

/** A changed vector is a new version at a slot of its own; the payload goes along. */
function replaceVectors(
  set: SegmentSet,
  changes: { id: PointId; change: (vectors: NamedVectors) => void }[],
  sequence: number,
): void {
  const moved = new Map<PointId, PointStruct>();
  for (const { id, change } of changes) {
    const point = moved.get(id) ?? takeOut(set, id);
    if (point === null) continue;
    change(point.vectors);
    moved.set(id, point);
  }
  insert(set, [...moved.values()], sequence);
}

const merged =
  (patch: NamedVectors) =>
  (vectors: NamedVectors): void => {
    for (const [name, vector] of patch) vectors.set(name, vector);
  };

const without =
  (names: readonly string[]) =>
  (vectors: NamedVectors): void => {
    for (const name of names) vectors.delete(name);
  };

function changePayload(
  set: SegmentSet,
  ids: readonly PointId[],
  version: number,
  change: (payload: PayloadBytes | null) => PayloadBytes | null,
): void {
  for (const id of ids) {
    const found = find(set, id);
    if (found === null) continue;
    const payload = change(found.row.payload);
    set.points.putRow(found.segment.placeOf(found.slot), { id, version, payload });
    found.segment.payloadChanged(found.slot, payload);
  }
}

function insert(set: SegmentSet, points: PointStruct[], version: number): void {
  if (points.length === 0) return;
  const segment = set.appendable;
  const slots = segment.insertMany(points);
  for (const [i, { id, payload }] of points.entries())
    set.points.put(segment.placeOf(slots[i]!), { id, version, payload });
}

function remove(set: SegmentSet, id: PointId): void {
  const place = set.points.locate(id);
  if (place === undefined) return;
  set.segment(segmentOf(place)).remove(slotOf(place));
  set.points.drop(id, place);
  set.moved.left(id);
}

function takeOut(set: SegmentSet, id: PointId): PointStruct | null {
  const found = find(set, id);
  if (found === null) return null;
  const point = { id, vectors: found.segment.vectorsOf(found.slot), payload: found.row.payload };
  remove(set, id);
  return point;
}

function find(set: SegmentSet, id: PointId): { segment: Segment; slot: number; row: PointRow } | null {
  const place = set.points.locate(id);
  if (place === undefined) return null;
  const row = must(set.points.row(place), 'a located point has a row');
  return { segment: set.segment(segmentOf(place)), slot: slotOf(place), row };
}

/** A copy: a row must not keep a whole request body in memory. */
const owned = (payload: PayloadBytes): PayloadBytes => new Uint8Array(payload);

/** Copies into one buffer: rows must not keep a whole request body in memory. */
function packed(payloads: (PayloadBytes | null)[]): (PayloadBytes | null)[] {
  const buffer = Buffer.allocUnsafeSlow(
    payloads.reduce((total, payload) => total + (payload?.length ?? 0), 0),
  );
  let at = 0;
  return payloads.map((payload) => {
    if (payload === null) return null;
    buffer.set(payload, at);
    at += payload.length;
    return buffer.subarray(at - payload.length, at);
  });
}
