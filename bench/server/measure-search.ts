import { HttpConnection, type Target } from '../../tools/http-client.ts';
import { apiError } from '../../tools/qdrant-api.ts';
import { processUsage } from './process-usage.ts';

export interface SearchLoad {
  target: Target;
  path: string;
  /** Request bodies, sent one after the other, again and again. */
  bodies: readonly Buffer[];
  parallel: number;
  /** Goes on for so long, and until each body was sent once. */
  seconds: number;
  /** The server's process, when it runs on this machine. */
  pid: number | null;
}

export interface SearchMeasured {
  requests: number;
  requestsPerSecond: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  /** Of the server, per request. */
  cpuMs: number | null;
  rssMb: number | null;
  /** The replies to the first round of bodies, in their order. */
  replies: Buffer[];
}

const WARM_UP = 50;

/** Sends the bodies over `parallel` keep-alive connections, one request at a time on each. Any status but 200 rejects. */
export async function measureSearch(load: SearchLoad): Promise<SearchMeasured> {
  const { bodies, path, target, parallel, pid } = load;
  const connections = Array.from({ length: parallel }, () => new HttpConnection(target));
  const send = async (connection: HttpConnection, body: Buffer): Promise<Buffer> => {
    const reply = await connection.request('POST', path, body);
    if (reply.status !== 200) throw apiError(`POST ${path}`, reply.status, reply.body);
    return reply.body;
  };
  try {
    for (const connection of connections) {
      for (let i = 0; i < WARM_UP / parallel; i++) await send(connection, bodies[i % bodies.length]!);
    }
    const before = pid === null ? null : processUsage(pid);
    const replies: Buffer[] = new Array(bodies.length);
    const latenciesMs: number[] = [];
    const startedMs = performance.now();
    let next = 0;
    await Promise.all(
      connections.map(async (connection) => {
        for (;;) {
          const nowMs = performance.now();
          if (next >= bodies.length && nowMs - startedMs >= load.seconds * 1000) return;
          const i = next++;
          const reply = await send(connection, bodies[i % bodies.length]!);
          latenciesMs.push(performance.now() - nowMs);
          if (i < bodies.length) replies[i] = Buffer.from(reply);
        }
      }),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    const after = pid === null ? null : processUsage(pid);
    return { ...summary(latenciesMs, seconds), ...usage(before, after, latenciesMs.length), replies };
  } finally {
    for (const connection of connections) connection.close();
  }
}

function usage(
  before: ReturnType<typeof processUsage> | null,
  after: ReturnType<typeof processUsage> | null,
  requests: number,
): { cpuMs: number | null; rssMb: number | null } {
  if (before === null || after === null) return { cpuMs: null, rssMb: null };
  return { cpuMs: ((after.cpuSeconds - before.cpuSeconds) / requests) * 1000, rssMb: after.rssMb };
}

function summary(latenciesMs: number[], seconds: number) {
  const sorted = Float64Array.from(latenciesMs).sort();
  return {
    requests: sorted.length,
    requestsPerSecond: sorted.length / seconds,
    p50Ms: quantile(sorted, 0.5),
    p95Ms: quantile(sorted, 0.95),
    p99Ms: quantile(sorted, 0.99),
  };
}

/** Of ascending values: the least value that at least the share `q` of them does not exceed. */
export function quantile(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}
