/** What the gateway needs of an HTTP server, so that another server can take the place of `node:http`. */
export interface RestRequest {
  method: string;
  /** As it stands in the request, without the query; not decoded. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Whole, owned by the handler. */
  body: Uint8Array;
  /** Aborted when the client is gone or the server stops. */
  signal: AbortSignal;
}

export interface RestReply {
  status: number;
  body: string | Buffer | Buffer[];
  contentType: string;
  headers?: Record<string, string>;
}

export const JSON_TYPE = 'application/json';
export const TEXT_TYPE = 'text/plain; charset=utf-8';
