/** A dense vector. Sparse and multi vectors will join this union, each a class of its own. */
export type Vector = Float32Array;

/** Vectors of a point by vector name; the unnamed default vector has the name "". */
export type NamedVectors = Map<string, Vector>;

export const DEFAULT_VECTOR = '';
