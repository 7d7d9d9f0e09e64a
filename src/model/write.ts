import type { Filter } from './filter.ts';
import type { PayloadBytes, PointStruct } from './operation.ts';
import type { PayloadIndexSchema } from './payload-schema.ts';
import type { PointId } from './point-id.ts';
import type { NamedVectors } from './vector.ts';

/** Which points a write is about: by id, by filter, or (for `delete vectors`) both, one after the other. */
export interface PointsSelector {
  ids: PointId[] | null;
  filter: Filter | null;
}

/** A change as the client asked for it; a shard resolves it into an `Operation`. */
export type WriteRequest =
  | { kind: 'upsert'; points: PointStruct[] }
  | { kind: 'delete'; selector: PointsSelector }
  | { kind: 'updateVectors'; points: { id: PointId; vectors: NamedVectors }[] }
  | { kind: 'deleteVectors'; selector: PointsSelector; names: string[] }
  | { kind: 'setPayload'; selector: PointsSelector; payload: PayloadBytes; path: string | null }
  | { kind: 'overwritePayload'; selector: PointsSelector; payload: PayloadBytes }
  | { kind: 'deletePayload'; selector: PointsSelector; keys: string[] }
  | { kind: 'clearPayload'; selector: PointsSelector }
  | { kind: 'createIndex'; path: string; schema: PayloadIndexSchema }
  | { kind: 'deleteIndex'; path: string };
