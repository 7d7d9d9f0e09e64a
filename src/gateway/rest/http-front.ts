import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../observability/logger.ts';
import type { Clock } from '../../shared/clock.ts';
import { acceptsGzip, decodeBody, gzipBody, worthGzip } from './compress.ts';
import type { Gateway } from './gateway.ts';
import type { RestReply, RestRequest } from './http.ts';
import type { RestLimits } from './limits.ts';
import { BodyBudget, ClientGone, checkAnnouncedLength, hasBody, overBudget, readBody } from './read-body.ts';

export interface HttpFrontOptions {
  gateway: Gateway;
  logger: Logger;
  clock: Clock;
  limits: RestLimits;
  enableCors: boolean;
}

/** A client that goes on sending a refused body is cut off after this. */
const DRAIN_MS = 2000;

/** Between `node:http` and the gateway: bodies in, replies out, clients that misbehave or leave. */
export class HttpFront {
  readonly #gateway: Gateway;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #limits: RestLimits;
  readonly #budget: BodyBudget;
  readonly #cors: boolean;
  /** Set when the server closes: connections end with their running request. */
  stopping = false;

  constructor(options: HttpFrontOptions) {
    const { gateway, logger, clock, limits, enableCors } = options;
    this.#gateway = gateway;
    this.#logger = logger;
    this.#clock = clock;
    this.#limits = limits;
    // One body of the largest size must always fit.
    this.#budget = new BodyBudget(Math.max(limits.bodiesBytesMax, limits.bodyBytesMax));
    this.#cors = enableCors;
  }

  onRequest(request: IncomingMessage, response: ServerResponse): void {
    const startedMs = this.#clock.monotonicMs();
    const abort = new AbortController();
    response.on('close', () => {
      if (!response.writableFinished) abort.abort();
    });
    // A write to a connection that the client has closed: there is nobody to tell.
    response.on('error', () => abort.abort());
    this.#serve(request, response, abort.signal, startedMs).catch((error: unknown) => {
      this.#logger.error('a reply could not be sent', { error });
      response.destroy();
    });
  }

  /** The gateway turns every failure into a reply; rejects only when that cannot be sent. */
  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
    startedMs: number,
  ): Promise<void> {
    let taken = 0;
    let reply: RestReply;
    try {
      const body = await this.#body(request, response, (bytes) => {
        taken += bytes;
      });
      if (this.#cors && request.method === 'OPTIONS') reply = { status: 204, body: '', contentType: '' };
      else reply = await this.#gateway.answer(restRequest(request, body, signal), startedMs);
    } catch (error) {
      if (error instanceof ClientGone) return;
      reply = this.#gateway.refuse(error, startedMs);
    } finally {
      this.#budget.release(taken);
    }
    if (signal.aborted) return;
    if (!request.complete) this.#drain(request);
    await this.#send(request, response, reply);
  }

  async #body(
    request: IncomingMessage,
    response: ServerResponse,
    onTaken: (bytes: number) => void,
  ): Promise<Uint8Array> {
    checkAnnouncedLength(request, this.#limits.bodyBytesMax);
    if (!hasBody(request)) {
      request.resume();
      return EMPTY;
    }
    if (request.headers.expect !== undefined) response.writeContinue();
    const { bodyBytesMax } = this.#limits;
    const body = await readBody(request, bodyBytesMax, this.#budget, onTaken);
    const encoding = header(request, 'content-encoding');
    if (encoding === undefined) return body;
    const decoded = await decodeBody(body, encoding, bodyBytesMax);
    if (!this.#budget.take(decoded.length)) throw overBudget();
    onTaken(decoded.length);
    return decoded;
  }

  /** Reads and drops what is still coming, so that the client gets to see the reply; but not for long. */
  #drain(request: IncomingMessage): void {
    request.resume();
    const cancel = this.#clock.after(DRAIN_MS, () => {
      if (!request.complete) request.socket.destroy();
    });
    request.once('close', cancel);
  }

  async #send(request: IncomingMessage, response: ServerResponse, reply: RestReply): Promise<void> {
    let chunks = Array.isArray(reply.body) ? reply.body : [asBuffer(reply.body)];
    let length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const headers: Record<string, string | number> = { ...reply.headers };
    if (reply.contentType !== '') headers['content-type'] = reply.contentType;
    if (worthGzip(length)) {
      headers.vary = 'accept-encoding';
      if (acceptsGzip(header(request, 'accept-encoding'))) {
        chunks = [await gzipBody(chunks, length)];
        length = chunks[0]!.length;
        headers['content-encoding'] = 'gzip';
      }
    }
    if (reply.status !== 204) headers['content-length'] = length;
    if (this.#cors) Object.assign(headers, corsHeaders(request));
    // A client that waits for "100 Continue" may or may not send the refused body: only a new connection is clean.
    const unsent = !request.complete && request.headers.expect !== undefined;
    if (this.stopping || unsent) headers.connection = 'close';
    response.writeHead(reply.status, headers);
    const last = chunks.length - 1;
    for (let i = 0; i < last; i++) response.write(chunks[i]);
    response.end(chunks[last]);
    // What the kernel has not taken yet waits for the client; without a listener a timeout closes the connection.
    if (request.socket.writableLength > 0) response.setTimeout(this.#limits.replyStallMs);
  }
}

const EMPTY = new Uint8Array(0);

const asBuffer = (body: string | Buffer): Buffer => (typeof body === 'string' ? Buffer.from(body) : body);

function header(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

function corsHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = { 'access-control-allow-origin': '*' };
  if (request.method !== 'OPTIONS') return headers;
  headers['access-control-allow-methods'] = 'GET, POST, PUT, PATCH, DELETE, OPTIONS';
  headers['access-control-allow-headers'] = header(request, 'access-control-request-headers') ?? '*';
  headers['access-control-max-age'] = '3600';
  return headers;
}

/** The target may be in absolute form; only its path and query count. */
function restRequest(request: IncomingMessage, body: Uint8Array, signal: AbortSignal): RestRequest {
  const target = (request.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '').replace(/#.*$/, '');
  const mark = target.indexOf('?');
  return {
    method: request.method ?? 'GET',
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    headers: request.headers,
    body,
    signal,
  };
}
