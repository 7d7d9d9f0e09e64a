import { checkValue, type Value } from './check-value.ts';
import { type Config, ConfigError, type EngineCore } from './config.ts';
import { EFFECTIVE_KEYS, type EffectiveKey, IGNORED_KEYS, type KeySpec, REFUSED_KEYS } from './keys.ts';
import { nearest } from './nearest.ts';
import { environmentSettings, fileSettings, type Setting } from './settings.ts';

export interface ConfigSources {
  /** The file of `--config-path`, read. */
  file: { path: string; text: string } | null;
  env: Readonly<Record<string, string | undefined>>;
  /** From the command line; they win over the environment, which wins over the file. */
  flags: readonly Setting[];
}

/**
 * Joins defaults, file, environment and flags into one checked object. Keys of Qdrant that have no effect here come back
 * as warnings. Throws `ConfigError` for an unknown key (naming the nearest known one), a bad value, and a key that asks
 * for protection that is not built.
 */
export function loadConfig(sources: ConfigSources): { config: Config; warnings: string[] } {
  const { file, env, flags } = sources;
  const settings = [
    ...(file === null ? [] : fileSettings(file.path, file.text)),
    ...environmentSettings(env),
    ...flags,
  ];
  const values = new Map<EffectiveKey, Value>();
  const warnings = new Set<string>();
  for (const setting of settings) {
    if (isEmptyGroup(setting)) continue;
    const key = effectiveKey(setting.key);
    if (key !== undefined) values.set(key, checkValue(setting, EFFECTIVE_KEYS[key]));
    else if (REFUSED_KEYS.has(setting.key)) refuse(setting);
    else if (isIgnored(setting.key)) {
      warnings.add(`${setting.key} (from ${setting.source}) has no effect in Sextant`);
    } else throw unknownKey(setting);
  }
  return { config: build(values), warnings: [...warnings] };
}

const SPECS: Readonly<Record<EffectiveKey, KeySpec>> = EFFECTIVE_KEYS;
const KEYS = Object.keys(EFFECTIVE_KEYS) as EffectiveKey[];

/** Key names and their aliases. */
const BY_NAME = new Map<string, EffectiveKey>(
  KEYS.flatMap((key) => {
    const { alias } = SPECS[key];
    const names: [string, EffectiveKey][] = [[key, key]];
    if (alias !== undefined) names.push([key.replace(/[^.]+$/, alias), key]);
    return names;
  }),
);

const effectiveKey = (key: string): EffectiveKey | undefined => BY_NAME.get(key);

function refuse({ key, value, source }: Setting): void {
  if (value === null || value === undefined || value === '' || value === false || value === 'false') return;
  throw new ConfigError(`${key} (from ${source}): ${REFUSED_KEYS.get(key)}`);
}

const isIgnored = (key: string): boolean =>
  IGNORED_KEYS.some((name) =>
    name.endsWith('.*') ? key === name.slice(0, -2) || key.startsWith(name.slice(0, -1)) : key === name,
  );

const KNOWN = [...KEYS, ...IGNORED_KEYS, ...REFUSED_KEYS.keys()];

/** A group whose keys are all commented out, such as `service:`, arrives as one null value. */
const isEmptyGroup = ({ key, value }: Setting): boolean =>
  value === null && KNOWN.some((name) => name.startsWith(`${key}.`));

function unknownKey({ key, source }: Setting): ConfigError {
  const shown = key.slice(0, 200);
  const known = KNOWN.filter((name) => !name.endsWith('*'));
  const group = known.find((name) => name.startsWith(`${key}.`));
  if (group !== undefined)
    return new ConfigError(`${shown} (from ${source}): expected keys below it, such as ${group}`);
  return new ConfigError(
    `${shown} (from ${source}): unknown key, the nearest known one is ${nearest(key, known)}`,
  );
}

function build(values: ReadonlyMap<EffectiveKey, Value>): Config {
  const value = (key: EffectiveKey): Value => (values.has(key) ? values.get(key)! : SPECS[key].default);
  const number = (key: EffectiveKey): number => value(key) as number;
  const text = (key: EffectiveKey): string => value(key) as string;
  const flag = (key: EffectiveKey): boolean => value(key) as boolean;
  const optional = (key: EffectiveKey): number | null => value(key) as number | null;
  return {
    log: {
      level: text('log_level') as Config['log']['level'],
      format: text('logger.format') as Config['log']['format'],
    },
    service: {
      host: text('service.host'),
      httpPort: number('service.http_port'),
      requestBytesMax: number('service.max_request_size_mb') * 1024 * 1024,
      enableCors: flag('service.enable_cors'),
    },
    storage: {
      path: text('storage.storage_path'),
      searchTimeoutMs: number('storage.performance.search_timeout_sec') * 1000,
    },
    collectionDefaults: {
      hnsw: {
        m: number('storage.hnsw_index.m'),
        ef_construct: number('storage.hnsw_index.ef_construct'),
        full_scan_threshold: number('storage.hnsw_index.full_scan_threshold_kb'),
        max_indexing_threads: number('storage.hnsw_index.max_indexing_threads'),
        on_disk: flag('storage.hnsw_index.on_disk'),
        memory: null,
        payload_m: optional('storage.hnsw_index.payload_m'),
        inline_storage: null,
      },
      optimizers: {
        deleted_threshold: number('storage.optimizers.deleted_threshold'),
        vacuum_min_vector_number: number('storage.optimizers.vacuum_min_vector_number'),
        default_segment_number: number('storage.optimizers.default_segment_number'),
        max_segment_size: optional('storage.optimizers.max_segment_size_kb'),
        memmap_threshold: optional('storage.optimizers.memmap_threshold_kb'),
        indexing_threshold: optional('storage.optimizers.indexing_threshold_kb'),
        flush_interval_sec: number('storage.optimizers.flush_interval_sec'),
        max_optimization_threads: value('storage.optimizers.max_optimization_threads') as
          | number
          | 'auto'
          | null,
        prevent_unoptimized: null,
      },
      wal: {
        wal_capacity_mb: number('storage.wal.wal_capacity_mb'),
        wal_segments_ahead: number('storage.wal.wal_segments_ahead'),
        wal_retain_closed: number('storage.wal.wal_retain_closed'),
      },
      onDiskPayload: flag('storage.on_disk_payload'),
      replicationFactor: number('storage.collection.replication_factor'),
      writeConsistencyFactor: number('storage.collection.write_consistency_factor'),
    },
    engine: {
      core: text('engine.core') as EngineCore,
      threads: number('engine.threads'),
      simd: value('engine.simd') as string | null,
    },
  };
}
