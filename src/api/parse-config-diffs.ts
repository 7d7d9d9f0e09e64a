import type {
  HnswDiff,
  MemoryPlacement,
  OptimizersDiff,
  QuantizationConfig,
  WalDiff,
} from '../model/collection-config.ts';
import { notImplemented } from '../model/errors.ts';
import type { BodyObject, BodyValue } from '../model/json.ts';
import {
  isAbsent,
  noVariant,
  optionalBool,
  optionalEnum,
  optionalFloat,
  optionalInteger,
  readEnum,
  readInteger,
  readObject,
  required,
} from './fields.ts';
import type { Violations } from './violations.ts';

/** The diffs that collections and vectors carry: null or absent means "as the level above". */

const MEMORY: readonly MemoryPlacement[] = ['cold', 'cached', 'pinned'];

export const optionalMemory = (object: BodyObject): MemoryPlacement | null =>
  optionalEnum(object, 'memory', MEMORY);

export function optionalHnsw(object: BodyObject, violations: Violations): HnswDiff | null {
  const value = object.hnsw_config;
  if (isAbsent(value)) return null;
  const diff = readObject(value, 'HnswConfigDiff');
  return violations.within('hnsw_config', () => ({
    m: optionalInteger(diff, 'm', 'usize', {}, violations),
    ef_construct: optionalInteger(diff, 'ef_construct', 'usize', { min: 4 }, violations),
    full_scan_threshold: optionalInteger(diff, 'full_scan_threshold', 'usize', { min: 10 }, violations),
    max_indexing_threads: optionalInteger(diff, 'max_indexing_threads', 'usize', {}, violations),
    on_disk: optionalBool(diff, 'on_disk'),
    memory: optionalMemory(diff),
    payload_m: optionalInteger(diff, 'payload_m', 'usize', {}, violations),
    inline_storage: optionalBool(diff, 'inline_storage'),
  }));
}

/** `optimizers_config`, or its alias `optimizer_config`. */
export function optionalOptimizers(object: BodyObject, violations: Violations): OptimizersDiff | null {
  const value = object.optimizers_config ?? object.optimizer_config;
  if (isAbsent(value)) return null;
  const diff = readObject(value, 'OptimizersConfigDiff');
  return violations.within('optimizers_config', () => ({
    deleted_threshold: optionalFloat(diff, 'deleted_threshold', { min: 0, max: 1 }, violations),
    vacuum_min_vector_number: optionalInteger(
      diff,
      'vacuum_min_vector_number',
      'usize',
      { min: 100 },
      violations,
    ),
    default_segment_number: optionalInteger(diff, 'default_segment_number', 'usize', {}, violations),
    max_segment_size: optionalInteger(diff, 'max_segment_size', 'usize', { min: 1 }, violations),
    memmap_threshold: optionalInteger(diff, 'memmap_threshold', 'usize', {}, violations),
    indexing_threshold: optionalInteger(diff, 'indexing_threshold', 'usize', {}, violations),
    flush_interval_sec: optionalInteger(diff, 'flush_interval_sec', 'usize', {}, violations),
    max_optimization_threads: maxThreads(diff.max_optimization_threads),
    prevent_unoptimized: preventUnoptimized(diff),
  }));
}

function maxThreads(value: BodyValue | undefined): number | 'auto' | null {
  if (isAbsent(value)) return null;
  return typeof value === 'string' ? readEnum(value, ['auto'] as const) : readInteger(value, 'usize');
}

function preventUnoptimized(diff: BodyObject): boolean | null {
  const value = optionalBool(diff, 'prevent_unoptimized');
  if (value === true) throw notImplemented('hiding points until they are optimised (`prevent_unoptimized`)');
  return value;
}

export function optionalWal(object: BodyObject, violations: Violations): WalDiff | null {
  const value = object.wal_config;
  if (isAbsent(value)) return null;
  const diff = readObject(value, 'WalConfigDiff');
  return violations.within('wal_config', () => ({
    wal_capacity_mb: optionalInteger(diff, 'wal_capacity_mb', 'usize', { min: 1 }, violations),
    wal_segments_ahead: optionalInteger(diff, 'wal_segments_ahead', 'usize', {}, violations),
    wal_retain_closed: optionalInteger(diff, 'wal_retain_closed', 'usize', {}, violations),
  }));
}

/** `quantization_config`, or its alias `quantization`. */
export function optionalQuantization(object: BodyObject, violations: Violations): QuantizationConfig | null {
  const value = object.quantization_config ?? object.quantization;
  if (isAbsent(value)) return null;
  return violations.within('quantization_config', () => quantization(value, violations));
}

/** In updates the text `Disabled` removes the quantisation. */
export function optionalQuantizationDiff(
  object: BodyObject,
  violations: Violations,
): QuantizationConfig | 'Disabled' | null {
  const value = object.quantization_config ?? object.quantization;
  if (value === 'Disabled') return value;
  return optionalQuantization(object, violations);
}

function quantization(value: BodyValue, violations: Violations): QuantizationConfig {
  const object = readObject(value, 'QuantizationConfig');
  if (object.scalar !== undefined) return scalarQuantization(object.scalar, violations);
  for (const kind of ['product', 'binary', 'turbo']) {
    if (object[kind] !== undefined) throw notImplemented(`${kind} quantization`);
  }
  throw noVariant('QuantizationConfig');
}

function scalarQuantization(value: BodyValue, violations: Violations): QuantizationConfig {
  const object = readObject(value, 'ScalarQuantizationConfig');
  return violations.within('scalar', () => ({
    scalar: {
      type: readEnum(required(object, 'type'), ['int8'] as const),
      quantile: optionalFloat(object, 'quantile', { min: 0.5, max: 1 }, violations),
      always_ram: optionalBool(object, 'always_ram'),
      memory: optionalMemory(object),
    },
  }));
}
