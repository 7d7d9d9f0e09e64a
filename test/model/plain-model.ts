import { isDeepStrictEqual } from 'node:util';
import { matchesFilter } from '../../src/index/payload/matches.ts';
import type { Distance } from '../../src/model/distance.ts';
import type { Filter } from '../../src/model/filter.ts';
import type { JsonObject } from '../../src/model/json.ts';
import { parsePayload } from '../../src/model/payload.ts';
import type { PointRecord } from '../../src/model/point.ts';
import { comparePointIds, type PointId } from '../../src/model/point-id.ts';
import type { NamedVectors } from '../../src/model/vector.ts';
import type { PointsSelector, WriteRequest } from '../../src/model/write.ts';

/** What is known of a point. Never changed in place, so that copies of a collection can share it. */
export interface PlainPoint {
  readonly vectors: ReadonlyMap<string, Float32Array>;
  readonly payload: JsonObject | null;
}

/** A collection as two maps: what the whole server must agree with. */
export class PlainCollection {
  readonly fields: ReadonlyMap<string, Distance>;
  readonly points: Map<PointId, PlainPoint>;
  readonly indexes: Set<string>;

  constructor(
    fields: ReadonlyMap<string, Distance>,
    points: ReadonlyMap<PointId, PlainPoint> = new Map(),
    indexes: ReadonlySet<string> = new Set(),
  ) {
    this.fields = fields;
    this.points = new Map(points);
    this.indexes = new Set(indexes);
  }

  copy(): PlainCollection {
    return new PlainCollection(this.fields, this.points, this.indexes);
  }

  /** Ids in the order of scroll. */
  ids(filter: Filter | null = null): PointId[] {
    const ids = [...this.points.keys()].filter((id) => filter === null || this.matches(id, filter));
    return ids.sort(comparePointIds);
  }

  matches(id: PointId, filter: Filter): boolean {
    const point = this.points.get(id)!;
    return matchesFilter(filter, point.payload, {
      hasId: (ids) => ids.has(id),
      hasVector: (name) => point.vectors.has(name),
    });
  }

  /** False, and nothing is changed, when the write names a point that must exist and does not. */
  write(request: WriteRequest): boolean {
    switch (request.kind) {
      case 'upsert':
        for (const { id, vectors, payload } of request.points) {
          this.points.set(id, { vectors: this.#stored(vectors), payload: payload && parsePayload(payload) });
        }
        return true;
      case 'updateVectors':
        if (!request.points.every(({ id }) => this.points.has(id))) return false;
        for (const { id, vectors } of request.points) {
          this.#change(id, (point) => ({
            ...point,
            vectors: new Map([...point.vectors, ...this.#stored(vectors)]),
          }));
        }
        return true;
      case 'delete':
        for (const id of this.#selected(request.selector)) this.points.delete(id);
        return true;
      case 'createIndex':
        this.indexes.add(request.path);
        return true;
      case 'deleteIndex':
        this.indexes.delete(request.path);
        return true;
      default:
        if (!(request.selector.ids ?? []).every((id) => this.points.has(id))) return false;
        for (const id of this.#selected(request.selector)) {
          this.#change(id, (point) => changed(point, request));
        }
        return true;
    }
  }

  /** Similarity as the server scores it, in doubles. */
  score(id: PointId, name: string, query: Float32Array): number {
    const vector = this.points.get(id)!.vectors.get(name)!;
    switch (this.fields.get(name)!) {
      case 'Dot':
        return dot(query, vector);
      case 'Cosine':
        return dot(normalised(query), vector);
      case 'Euclid':
        return Math.sqrt(vector.reduce((sum, value, i) => sum + (value - query[i]!) ** 2, 0));
      case 'Manhattan':
        return vector.reduce((sum, value, i) => sum + Math.abs(value - query[i]!), 0);
    }
  }

  /** Why `found` (all points, in order, with everything) is not what this holds; null when it is. */
  difference(found: readonly PointRecord[]): string | null {
    const ids = this.ids();
    const foundIds = found.map(({ id }) => id);
    if (!isDeepStrictEqual(ids, foundIds)) {
      const missing = ids.filter((id) => !foundIds.includes(id));
      const extra = foundIds.filter((id) => !this.points.has(id));
      return `points: missing ${missing.join()}, extra ${extra.join()}, of ${ids.length}`;
    }
    for (const point of found) {
      const problem = this.pointDifference(point);
      if (problem !== null) return problem;
    }
    return null;
  }

  pointDifference(found: PointRecord): string | null {
    const point = this.points.get(found.id);
    if (point === undefined) return `point ${found.id} must not be there`;
    if (
      found.payload !== null &&
      !isDeepStrictEqual(parsePayload(found.payload), point.payload ?? bare({}))
    ) {
      return `payload of ${found.id}: ${Buffer.from(found.payload)} for ${JSON.stringify(point.payload)}`;
    }
    if (found.vectors === null) return null;
    const names = [...point.vectors.keys()].sort();
    if (!isDeepStrictEqual([...found.vectors.keys()].sort(), names)) {
      return `vectors of ${found.id}: ${[...found.vectors.keys()].sort()} for ${names}`;
    }
    for (const [name, vector] of point.vectors) {
      if (!isClose(found.vectors.get(name)!, vector)) {
        return `vector "${name}" of ${found.id}: ${found.vectors.get(name)} for ${vector}`;
      }
    }
    return null;
  }

  #stored(vectors: NamedVectors): ReadonlyMap<string, Float32Array> {
    const stored = new Map<string, Float32Array>();
    for (const [name, vector] of vectors) {
      stored.set(name, this.fields.get(name) === 'Cosine' ? normalised(vector) : vector.slice());
    }
    return stored;
  }

  #selected(selector: PointsSelector): PointId[] {
    const ids = [...new Set(selector.ids ?? [])].filter((id) => this.points.has(id));
    return selector.filter === null ? ids : [...ids, ...this.ids(selector.filter)];
  }

  #change(id: PointId, change: (point: PlainPoint) => PlainPoint): void {
    this.points.set(id, change(this.points.get(id)!));
  }
}

type PayloadRequest = Extract<WriteRequest, { selector: unknown }>;

function changed(point: PlainPoint, request: PayloadRequest): PlainPoint {
  switch (request.kind) {
    case 'deleteVectors': {
      const left = [...point.vectors].filter(([name]) => !request.names.includes(name));
      return { ...point, vectors: new Map(left) };
    }
    case 'setPayload':
      return { ...point, payload: merged(point.payload, parsePayload(request.payload), request.path) };
    case 'overwritePayload':
      return { ...point, payload: parsePayload(request.payload) };
    case 'clearPayload':
      return { ...point, payload: null };
    case 'deletePayload':
      return { ...point, payload: point.payload && without(point.payload, request.keys) };
    case 'delete':
      throw new Error('a delete takes points away');
  }
}

/** `path` is a top-level key here. */
function merged(payload: JsonObject | null, patch: JsonObject, path: string | null): JsonObject {
  if (path === null) return payload === null ? patch : assigned(payload, patch);
  const inner = payload?.[path];
  const base = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : bare({});
  return assigned(payload ?? bare({}), { [path]: assigned(base, patch) });
}

function assigned(base: JsonObject, patch: JsonObject): JsonObject {
  const out = bare(base);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete out[key];
    else out[key] = value;
  }
  return out;
}

/** Keys are top-level, or `a.b`. */
function without(payload: JsonObject, keys: readonly string[]): JsonObject {
  const out = bare(payload);
  for (const key of keys) {
    const [first, second] = key.split('.') as [string, string?];
    const inner = out[first];
    if (second === undefined) delete out[first];
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      const left = bare(inner);
      delete left[second];
      out[first] = left;
    }
  }
  return out;
}

const bare = (object: JsonObject): JsonObject => Object.assign(Object.create(null) as JsonObject, object);

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

function normalised(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(dot(vector, vector));
  return norm === 0 ? vector.slice() : vector.map((value) => value / norm);
}

const isClose = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, i) => Math.abs(value - b[i]!) <= 1e-5 * (1 + Math.abs(b[i]!)));
