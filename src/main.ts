import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { Collections } from './collection/collections.ts';
import { parseCommand } from './config/cli.ts';
import { type Config, ConfigError } from './config/config.ts';
import { loadConfig } from './config/load-config.ts';
import { nodeCoordinator } from './coordinator/node-coordinator.ts';
import type { Engine } from './engine/engine.ts';
import { openEngine } from './engine/open-engine.ts';
import { startRestServer } from './gateway/rest/server.ts';
import { createLogger, type Logger } from './observability/logger.ts';
import { Optimizer } from './shard/optimize.ts';
import { Shard } from './shard/shard.ts';
import { systemClock } from './shared/clock.ts';
import { SEXTANT_VERSION } from './shared/version.ts';
import { RealFiles } from './storage/files/real-files.ts';

/** How long running requests may go on after SIGTERM. */
const SHUTDOWN_GRACE_MS = 10_000;

/** A running node without its gateways. */
interface Node {
  collections: Collections;
  /** Resolves when every collection is open or has failed. */
  opened: Promise<void>;
  close(): Promise<void>;
}

async function openNode(config: Config, engine: Engine, logger: Logger): Promise<Node> {
  const clock = systemClock;
  const files = new RealFiles(config.storage.path);
  await files.makeFolder('.');
  const lock = await files.lock('.');
  const optimizer = new Optimizer({ threads: threadsOf(config), clock, logger });
  const collections = new Collections({
    files,
    logger,
    openShard: (folder, schema) => Shard.open({ engine, files, folder, clock, logger, optimizer }, schema),
  });
  const { opened } = await collections.load();
  return {
    collections,
    opened,
    async close() {
      await collections.close();
      await lock.release();
    },
  };
}

const threadsOf = (config: Config): number => config.engine.threads || availableParallelism();

function openConfiguredEngine(config: Config, logger: Logger): Promise<Engine> {
  const { core, simd } = config.engine;
  return openEngine({
    threads: threadsOf(config),
    ownsProcess: true,
    onNotice: (line) => logger.warn(line),
    ...(core === 'auto' ? {} : { prefer: core }),
    ...(simd === null ? {} : { simd }),
  });
}

async function serve(config: Config, logger: Logger): Promise<void> {
  const startedMs = systemClock.monotonicMs();
  const engine = await openConfiguredEngine(config, logger);
  const node = await openNode(config, engine, logger);
  const { collections } = node;
  const rest = await startRestServer({
    host: config.service.host,
    port: config.service.httpPort,
    coordinator: nodeCoordinator({ collections, defaults: config.collectionDefaults, clock: systemClock }),
    scanBody: (body) => engine.scanBody(body),
    logger,
    clock: systemClock,
    enableCors: config.service.enableCors,
    limits: { bodyBytesMax: config.service.requestBytesMax, searchTimeoutMs: config.storage.searchTimeoutMs },
  });
  const { host } = config.service;
  logger.info(`Sextant ${SEXTANT_VERSION}`);
  logger.info(`engine: ${engine.kind}, ${engine.instructionSet}, ${threadsOf(config)} threads`);
  logger.info(`data: ${resolve(config.storage.path)}, ${collections.names().length} collections`);
  logger.info(`REST: http://${host.includes(':') ? `[${host}]` : host}:${rest.port}`);
  stopOnSignals(logger, async () => {
    await rest.close(SHUTDOWN_GRACE_MS);
    await node.close();
    await engine.close();
  });
  await node.opened;
  logger.info(`ready after ${Math.round(systemClock.monotonicMs() - startedMs)} ms`);
}

/** A terminal's Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 1000;

/** The first SIGTERM or SIGINT stops cleanly, a later one at once (the log holds everything either way). */
function stopOnSignals(logger: Logger, stop: () => Promise<void>): void {
  let stoppingMs: number | null = null;
  const onSignal = (signal: string): void => {
    if (stoppingMs !== null) {
      if (systemClock.monotonicMs() - stoppingMs > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    stoppingMs = systemClock.monotonicMs();
    logger.info(`${signal}: stopping`);
    stop().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        logger.error('stopping failed', { error });
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

/** Problems that their reader can mend get one line, others a stack. */
function startProblem(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined ? (error as Error).message : String((error as Error)?.stack ?? error);
}

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2));
  if (command.kind === 'print') {
    process.stdout.write(command.text);
    return;
  }
  const { configPath, flags } = command;
  const file = configPath === null ? null : { path: configPath, text: await readFile(configPath, 'utf8') };
  const { config, warnings } = loadConfig({ file, flags, env: process.env });
  const logger = createLogger(config.log);
  for (const warning of warnings) logger.warn(warning);
  await serve(config, logger);
}

main().catch((error: unknown) => {
  process.stderr.write(`sextant: ${startProblem(error)}\n`);
  process.exit(1);
});
