import type { Engine } from '../../src/engine/engine.ts';
import { ReferenceEngine } from '../../src/engine/reference/reference-engine.ts';
import type { CollectionConfig, OptimizersConfig, VectorParams } from '../../src/model/collection-config.ts';
import type { Filter } from '../../src/model/filter.ts';
import type { PointStruct } from '../../src/model/operation.ts';
import type { PointId } from '../../src/model/point-id.ts';
import type { PointsSelector } from '../../src/model/write.ts';
import { type Logger, silentLogger } from '../../src/observability/logger.ts';
import type { NearestPlan, ReadBudget } from '../../src/query/nearest-plan.ts';
import { Optimizer } from '../../src/shard/optimize.ts';
import { Shard } from '../../src/shard/shard.ts';
import { nextTurn } from '../../src/shared/next-turn.ts';
import type { Files } from '../../src/storage/files/files.ts';
import { MemoryFiles } from '../../src/storage/files/memory-files.ts';
import { ManualClock } from './manual-clock.ts';
import { json, TEST_DEFAULTS, vectorParams } from './open-test-node.ts';

export const FLUSH_SEC = 5;

/** Checkpoints come when the clock is advanced by `FLUSH_SEC`. */
export const testConfig = (
  vectors: Record<string, VectorParams> = { '': vectorParams(2) },
  optimizers: Partial<OptimizersConfig> = {},
): CollectionConfig => ({
  vectors: new Map(Object.entries(vectors)),
  shard_number: 1,
  replication_factor: 1,
  write_consistency_factor: 1,
  read_fan_out_factor: null,
  on_disk_payload: true,
  hnsw_config: TEST_DEFAULTS.hnsw,
  optimizer_config: { ...TEST_DEFAULTS.optimizers, flush_interval_sec: FLUSH_SEC, ...optimizers },
  wal_config: TEST_DEFAULTS.wal,
  quantization_config: null,
  metadata: null,
});

export interface TestShard {
  shard: Shard;
  clock: ManualClock;
  files: Files;
  optimizer: Optimizer;
}

export interface TestShardOptions {
  files?: Files;
  engine?: Engine;
  config?: CollectionConfig;
  logger?: Logger;
}

export async function openTestShard(options: TestShardOptions = {}): Promise<TestShard> {
  const { files = new MemoryFiles(), config = testConfig(), logger = silentLogger } = options;
  const clock = new ManualClock();
  const engine = options.engine ?? new ReferenceEngine(clock);
  const optimizer = new Optimizer({ threads: 1, clock, logger });
  const shard = await Shard.open({ engine, files, folder: 'shard', clock, logger, optimizer }, config);
  return { shard, clock, files, optimizer };
}

/** Writes a checkpoint and lets background work come to its end. */
export async function checkpoint({ clock }: TestShard): Promise<void> {
  clock.advance(FLUSH_SEC * 1000);
  await settle();
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await nextTurn();
}

export const budget = (change: Partial<ReadBudget> = {}): ReadBudget => ({
  remainingMs: () => 60_000,
  check: () => {},
  signal: new AbortController().signal,
  ...change,
});

export const point = (id: PointId, vector: readonly number[] | null, payload?: unknown): PointStruct => ({
  id,
  vectors: new Map(vector === null ? [] : [['', Float32Array.from(vector)]]),
  payload: payload === undefined ? null : json(payload),
});

export const byIds = (...ids: PointId[]): PointsSelector => ({ ids, filter: null });

/** Upserts points and waits until they are durable. */
export async function upsert({ shard }: TestShard, ...points: PointStruct[]): Promise<void> {
  await (await shard.write({ kind: 'upsert', points }, budget())).durable;
}

export async function remove({ shard }: TestShard, ...ids: PointId[]): Promise<void> {
  await (await shard.write({ kind: 'delete', selector: byIds(...ids) }, budget())).durable;
}

export async function idsOf({ shard }: TestShard, filter: Filter | null = null): Promise<PointId[]> {
  const points = await shard.scroll(null, 100_000, filter, null, budget());
  return points.map(({ id }) => id);
}

export const nearestPlan = (vector: readonly number[], change: Partial<NearestPlan> = {}): NearestPlan => ({
  field: '',
  vector: Float32Array.from(vector),
  filter: null,
  topK: 10,
  ef: null,
  exact: false,
  indexedOnly: false,
  codes: true,
  rescore: true,
  oversampling: 1,
  exclude: null,
  ...change,
});
