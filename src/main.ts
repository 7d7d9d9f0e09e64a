import { availableParallelism } from 'node:os';
import { Collections } from './collection/collections.ts';
import { nodeCoordinator } from './coordinator/node-coordinator.ts';
import { openEngine } from './engine/open-engine.ts';
import { startRestServer } from './gateway/rest/server.ts';
import { createLogger } from './observability/logger.ts';
import { Optimizer } from './shard/optimize.ts';
import { Shard } from './shard/shard.ts';
import { systemClock } from './shared/clock.ts';
import { RealFiles } from './storage/files/real-files.ts';

const clock = systemClock;
const logger = createLogger({ level: 'info', format: 'text' });
const threads = availableParallelism();
const root = process.env['SEXTANT_DATA'] ?? './storage';
const engine = await openEngine({ threads, onNotice: (line) => logger.info(line) });
const files = new RealFiles(root);
await files.makeFolder('.');
const optimizer = new Optimizer({ threads, clock, logger });
const collections = new Collections({
  files,
  logger,
  openShard: (folder, config) => Shard.open({ engine, files, folder, clock, logger, optimizer }, config),
});
const { opened } = await collections.load();
const defaults = {
  hnsw: { m: 16, ef_construct: 100, full_scan_threshold: 10000, max_indexing_threads: 0, on_disk: false, memory: null, payload_m: null, inline_storage: null },
  optimizers: { deleted_threshold: 0.2, vacuum_min_vector_number: 1000, default_segment_number: 0, max_segment_size: null, memmap_threshold: null, indexing_threshold: 10000, flush_interval_sec: 5, max_optimization_threads: null, prevent_unoptimized: null },
  wal: { wal_capacity_mb: 32, wal_segments_ahead: 0, wal_retain_closed: 1 },
  onDiskPayload: true,
  replicationFactor: 1,
  writeConsistencyFactor: 1,
};
const coordinator = nodeCoordinator({ collections, defaults, clock });
const server = await startRestServer({ host: '127.0.0.1', port: Number(process.env['PORT'] ?? 6333), coordinator, scanBody: (body) => engine.scanBody(body), logger, clock });
await opened;
logger.info('ready', { port: server.port, engine: engine.kind, simd: engine.instructionSet });
process.on('SIGTERM', async () => {
  await server.close(5000);
  await collections.close();
  await engine.close();
  process.exit(0);
});
