import type { PayloadPath } from './payload-path.ts';
import type { PointId } from './point-id.ts';

/** A predicate over points. All present clauses must hold; an empty `must` or `should` list is no constraint. */
export interface Filter {
  must: Condition[];
  should: Condition[];
  mustNot: Condition[];
  minShould: { conditions: Condition[]; minCount: number } | null;
}

export type Scalar = string | number | bigint | boolean;

/** Numeric bounds; absent bounds are null. Datetime bounds are microseconds since the epoch. */
export interface RangeBounds {
  lt: number | null;
  gt: number | null;
  lte: number | null;
  gte: number | null;
}

export type Condition =
  | { kind: 'filter'; filter: Filter }
  | { kind: 'match'; path: PayloadPath; value: string | number | bigint | boolean }
  /** Values are all strings or all integers. `any: []` matches nothing. */
  | { kind: 'matchAny'; path: PayloadPath; values: ReadonlySet<string | number | bigint> }
  /** Some value of the field is present, non-null and outside the set. */
  | { kind: 'matchExcept'; path: PayloadPath; values: ReadonlySet<string | number | bigint> }
  | { kind: 'range'; path: PayloadPath; bounds: RangeBounds }
  | { kind: 'datetimeRange'; path: PayloadPath; bounds: RangeBounds }
  | { kind: 'valuesCount'; path: PayloadPath; bounds: RangeBounds }
  /** Missing, null or []; `isEmpty: false` is the opposite. */
  | { kind: 'isEmpty'; path: PayloadPath; expected: boolean }
  /** Present and null; `isNull: false` is the opposite (true for missing). */
  | { kind: 'isNull'; path: PayloadPath; expected: boolean }
  | { kind: 'hasId'; ids: ReadonlySet<PointId> }
  | { kind: 'hasVector'; name: string }
  /** All conditions hold within one element of the array at `path` (a path that ends in `[]`). */
  | { kind: 'nested'; path: PayloadPath; filter: Filter }
  /** Several predicates of one field condition are OR-ed. */
  | { kind: 'anyOf'; conditions: Condition[] };
