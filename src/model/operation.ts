import type { PayloadIndexSchema } from './payload-schema.ts';
import type { PointId } from './point-id.ts';
import type { NamedVectors } from './vector.ts';

/** Payload: the client's JSON bytes of one object, or null when the point has none. */
export type PayloadBytes = Uint8Array;

export interface PointStruct {
  id: PointId;
  vectors: NamedVectors;
  payload: PayloadBytes | null;
}

/**
 * One logged change of a shard. Already resolved and validated: filters have become ids, lengths fit the schema, so
 * that replay needs no lookup and cannot fail.
 */
export type Operation =
  | { kind: 'upsert'; points: PointStruct[] }
  | { kind: 'delete'; ids: PointId[] }
  | { kind: 'updateVectors'; points: { id: PointId; vectors: NamedVectors }[] }
  | { kind: 'deleteVectors'; ids: PointId[]; names: string[] }
  /** Merges into the object at `path` (the root when null), as section 3.8 of the reference tells. */
  | { kind: 'setPayload'; ids: PointId[]; payload: PayloadBytes; path: string | null }
  | { kind: 'overwritePayload'; ids: PointId[]; payload: PayloadBytes }
  | { kind: 'deletePayload'; ids: PointId[]; keys: string[] }
  | { kind: 'clearPayload'; ids: PointId[] }
  | { kind: 'createIndex'; path: string; schema: PayloadIndexSchema }
  | { kind: 'deleteIndex'; path: string };
