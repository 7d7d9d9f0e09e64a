import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpConnection } from '../../tools/http-client.ts';

const MAIN = 'dist/src/main.js';
const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 15_000;
const OUTPUT_MAX = 200_000;

export interface TestServerOptions {
  /** Configuration by environment, such as `SEXTANT__SERVICE__MAX_REQUEST_SIZE_MB`. */
  env?: Readonly<Record<string, string>>;
  args?: readonly string[];
}

const live = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of live) child.kill('SIGKILL');
});

/**
 * The compiled server as a child process on a free port of 127.0.0.1, with a data folder of its own in the temporary
 * folder. It can be stopped, killed and started again on the same data; `dispose` stops it and removes the data.
 */
export class TestServer {
  readonly folder: string;
  readonly #options: TestServerOptions;
  #port = 0;
  #child: ChildProcess | null = null;
  #output = '';
  #readyMs = 0;

  private constructor(options: TestServerOptions) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), 'sextant-test-'));
  }

  /** Resolves when the server is ready. */
  static async start(options: TestServerOptions = {}): Promise<TestServer> {
    const server = new TestServer(options);
    server.#port = await freePort();
    try {
      await server.start();
    } catch (error) {
      await server.dispose();
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server is not running');
    return this.#child.pid;
  }

  /** Milliseconds from the last start of the process until /readyz answered 200. */
  get readyMs(): number {
    return this.#readyMs;
  }

  /** What the server printed, on both streams, since the first start. */
  get output(): string {
    return this.#output;
  }

  /** Starts the process; resolves when it is ready. */
  async start(): Promise<void> {
    if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run npm run build`);
    const startedMs = performance.now();
    const child = spawn(process.execPath, [MAIN, 'serve', ...(this.#options.args ?? [])], {
      env: {
        ...process.env,
        SEXTANT__SERVICE__HTTP_PORT: String(this.#port),
        SEXTANT__STORAGE__STORAGE_PATH: join(this.folder, 'storage'),
        SEXTANT__LOG_LEVEL: 'WARN',
        ...this.#options.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    live.add(child);
    child.once('exit', () => live.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-OUTPUT_MAX);
      });
    }
    await this.#untilReady(child, startedMs);
    this.#readyMs = performance.now() - startedMs;
  }

  /** SIGTERM; resolves with the exit code once the process has ended. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** SIGKILL: the server gets no chance to save anything. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async dispose(): Promise<void> {
    if (this.#child) await this.#end('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
    const [code, by] = (await ended) as [number | null, NodeJS.Signals | null];
    clearTimeout(late);
    if (by === 'SIGKILL' && signal === 'SIGTERM') {
      throw new Error(`the server did not stop within ${STOP_MS_MAX} ms of SIGTERM\n${this.#output}`);
    }
    return code;
  }

  async #untilReady(child: ChildProcess, startedMs: number): Promise<void> {
    const connection = new HttpConnection({ url: this.url });
    try {
      for (;;) {
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(
            `the server ended with code ${child.exitCode} before it was ready\n${this.#output}`,
          );
        }
        const reply = await connection.request('GET', '/readyz').catch(() => null);
        if (reply?.status === 200) return;
        if (performance.now() - startedMs > READY_MS_MAX) {
          throw new Error(`the server is not ready after ${READY_MS_MAX} ms\n${this.#output}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } finally {
      connection.close();
    }
  }
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
