import { HttpConnection, type Target } from './http-client.ts';

/** The server refused: its status and its own words. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly expected = true;
  readonly status: number;

  constructor(what: string, status: number, text: string) {
    super(`${what}: ${status} ${text}`);
    this.status = status;
  }
}

/** The few calls that tools make of a Qdrant-compatible server. Rejects with `ApiError` on any status but 200. */
export class QdrantApi {
  readonly #connection: HttpConnection;

  constructor(target: Target) {
    this.#connection = new HttpConnection(target);
  }

  /** `result` of the reply's envelope. */
  async call<T>(method: string, path: string, body: unknown = null): Promise<T> {
    const text = body === null || body instanceof Uint8Array ? body : JSON.stringify(body);
    const reply = await this.#connection.request(method, path, text);
    if (reply.status !== 200) throw apiError(`${method} ${path}`, reply.status, reply.body);
    return JSON.parse(reply.body.toString()).result as T;
  }

  async exists(collection: string): Promise<boolean> {
    const path = `/collections/${encodeURIComponent(collection)}/exists`;
    return (await this.call<{ exists: boolean }>('GET', path)).exists;
  }

  info(collection: string): Promise<CollectionInfoReply> {
    return this.call('GET', `/collections/${encodeURIComponent(collection)}`);
  }

  /** Resolves with the seconds it took until the collection's status was green. */
  async untilGreen(
    collection: string,
    { pollMs = 100, seen }: { pollMs?: number; seen?: (info: CollectionInfoReply) => void } = {},
  ): Promise<number> {
    const started = performance.now();
    for (;;) {
      const info = await this.info(collection);
      seen?.(info);
      if (info.status === 'green') return (performance.now() - started) / 1000;
      if (info.status === 'red') {
        throw Object.assign(
          new Error(`collection ${collection} is red: ${JSON.stringify(info.optimizer_status)}`),
          { expected: true },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  close(): void {
    this.#connection.close();
  }
}

export interface CollectionInfoReply {
  status: 'green' | 'yellow' | 'grey' | 'red';
  optimizer_status: unknown;
  points_count?: number;
  indexed_vectors_count?: number;
  config: { params: { vectors?: { size?: number; distance?: string } } };
}

export function apiError(what: string, status: number, body: Buffer): ApiError {
  let text = body.toString().slice(0, 1_000);
  try {
    text = JSON.parse(text).status?.error ?? text;
  } catch {
    // Not JSON: the text itself is the best there is.
  }
  return new ApiError(what, status, text);
}
