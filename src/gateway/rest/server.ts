import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Coordinator } from '../../coordinator/coordinator.ts';
import type { BodyValue } from '../../model/json.ts';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../shared/clock.ts';
import { Gateway } from './gateway.ts';
import { HttpFront } from './http-front.ts';
import { DEFAULT_REST_LIMITS, type RestLimits } from './limits.ts';

export interface RestServerOptions {
  host: string;
  /** 0 = any free port. */
  port: number;
  coordinator: Coordinator;
  /** The engine's bounded scan of a JSON body. */
  scanBody: (body: Uint8Array) => BodyValue;
  logger: Logger;
  clock: Clock;
  limits?: Partial<RestLimits>;
  /** Any origin, method and header; off when left out. */
  enableCors?: boolean;
}

export interface RestServer {
  readonly port: number;
  /** Accepts nothing new, lets running requests finish for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

/** Listens and serves until closed. Rejects when it cannot listen there. */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { coordinator, scanBody, clock, logger, enableCors = false } = options;
  const limits = { ...DEFAULT_REST_LIMITS, ...options.limits };
  const { searchTimeoutMs } = limits;
  const gateway = new Gateway({ coordinator, scanBody, clock, searchTimeoutMs }, logger);
  const front = new HttpFront({ gateway, clock, logger, limits, enableCors });
  const server = createServer(
    {
      keepAliveTimeout: limits.keepAliveMs,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    (request, response) => front.onRequest(request, response),
  );
  server.maxConnections = limits.connectionsMax;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    front.onRequest(request, response),
  );
  await listen(server, options.host, options.port);
  server.on('error', (error) => logger.error('the REST listener failed', { error }));
  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => closeServer(server, front, clock, graceMs),
  };
}

const TIMEOUT_CHECK_MS = 1000;

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function closeServer(server: Server, front: HttpFront, clock: Clock, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    front.stopping = true;
    const cancel = clock.after(graceMs, () => server.closeAllConnections());
    server.close(() => {
      cancel();
      resolve();
    });
    server.closeIdleConnections();
  });
}
