import { EF_MAX } from '../engine/check.ts';
import type { CollectionConfig, Datatype, HnswDiff, VectorParams } from '../model/collection-config.ts';
import type { Distance } from '../model/distance.ts';
import { must } from '../shared/assert.ts';

/** int8 codes with the range of this quantile; null = none. */
export type CodesPolicy = { quantile: number } | null;

/** A vector name's parameters after all overrides. */
export interface FieldParams {
  dim: number;
  distance: Distance;
  datatype: Datatype;
  m: number;
  efConstruct: number;
  /** Kilobytes of vectors below which scoring every candidate is chosen. */
  fullScanThreshold: number;
  codes: CodesPolicy;
}

/**
 * Codes are used when nothing is configured too: the walk on int8 codes with exact rescoring gives the same recall at
 * equal `ef` (docs/decisions/int8-codes-by-default.md). uint8 vectors gain nothing from codes.
 */
const DEFAULT_CODES: CodesPolicy = { quantile: 1 };

export function fieldParams(config: CollectionConfig, name: string): FieldParams {
  const vector = must(config.vectors.get(name), 'a field is opened for names of the schema only');
  const datatype = vector.datatype ?? 'float32';
  const hnsw = <K extends keyof HnswDiff>(key: K): HnswDiff[K] =>
    vector.hnsw_config?.[key] ?? config.hnsw_config[key];
  return {
    dim: vector.size,
    distance: vector.distance,
    datatype,
    m: Math.min(EF_MAX, must(hnsw('m'))),
    efConstruct: Math.max(1, Math.min(EF_MAX, must(hnsw('ef_construct')))),
    fullScanThreshold: must(hnsw('full_scan_threshold')),
    codes: datatype === 'uint8' ? null : codesPolicy(config, vector),
  };
}

function codesPolicy(config: CollectionConfig, vector: VectorParams): CodesPolicy {
  const quantization = vector.quantization_config ?? config.quantization_config;
  if (quantization === null) return DEFAULT_CODES;
  return { quantile: quantization.scalar.quantile ?? 1 };
}
