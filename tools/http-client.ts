import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Reply {
  status: number;
  body: Buffer;
}

/** Where requests go: `http://host:port` with an optional base path, and headers sent with each. */
export interface Target {
  url: string;
  apiKey?: string | undefined;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);

/**
 * One keep-alive HTTP/1.1 connection, one request at a time, written for tools that measure a server: it must cost less
 * than what it measures. Connects on demand. Nothing is retried: a connection that breaks rejects the request in flight.
 */
export class HttpConnection {
  readonly #url: URL;
  readonly #headers: string;
  #socket: Socket | null = null;
  #buffered: Buffer = NOTHING;
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | null = null;

  constructor({ url, apiKey }: Target) {
    this.#url = new URL(url);
    if (this.#url.protocol !== 'http:' && this.#url.protocol !== 'https:') {
      throw Object.assign(new Error(`${url} is no http or https URL`), { expected: true });
    }
    this.#headers = `Host: ${this.#url.host}\r\n${apiKey === undefined ? '' : `api-key: ${apiKey}\r\n`}`;
  }

  /** Sends a request and resolves with the whole reply, whatever its status. */
  async request(method: string, path: string, body: Uint8Array | string | null = null): Promise<Reply> {
    if (this.#waiting) throw new Error('a request is under way on this connection');
    const socket = this.#socket ?? (await this.#connect());
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const length =
      bytes === null ? '' : `Content-Type: application/json\r\nContent-Length: ${bytes.length}\r\n`;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      socket.cork();
      socket.write(`${method} ${this.#path(path)} HTTP/1.1\r\n${this.#headers}${length}\r\n`, 'latin1');
      if (bytes !== null && bytes.length > 0) socket.write(bytes);
      socket.uncork();
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #path(path: string): string {
    return this.#url.pathname === '/' ? path : `${this.#url.pathname.replace(/\/$/, '')}${path}`;
  }

  #connect(): Promise<Socket> {
    const { hostname, port, protocol } = this.#url;
    const host = hostname.replace(/^\[|\]$/g, '');
    return new Promise((resolve, reject) => {
      const secure = protocol === 'https:';
      const options = { host, port: Number(port || (secure ? 443 : 80)) };
      const socket = secure ? connectTls({ ...options, servername: host }) : connectPlain(options);
      const failed = (error: Error): void => {
        const message = `cannot reach ${this.#url.origin}: ${(error as NodeJS.ErrnoException).code ?? error.message}`;
        reject(Object.assign(new Error(message, { cause: error }), { expected: true }));
      };
      socket.once('error', failed);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        socket.off('error', failed);
        socket.setNoDelay(true);
        socket.on('data', (chunk: Buffer) => this.#receive(chunk));
        socket.on('error', (error) => this.#broken(socket, error.message));
        socket.on('close', () => this.#broken(socket, 'the server closed the connection'));
        this.#socket = socket;
        this.#buffered = NOTHING;
        resolve(socket);
      });
    });
  }

  #broken(socket: Socket, reason: string): void {
    if (this.#socket === socket) this.#socket = null;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(
      Object.assign(new Error(`no reply from ${this.#url.origin}: ${reason}`), { expected: true }),
    );
  }

  #receive(chunk: Buffer): void {
    this.#buffered = this.#buffered.length === 0 ? chunk : Buffer.concat([this.#buffered, chunk]);
    const reply = parseReply(this.#buffered);
    if (reply === null) return;
    this.#buffered = this.#buffered.subarray(reply.length);
    const waiting = this.#waiting;
    this.#waiting = null;
    if (reply.last) {
      this.#socket?.end();
      this.#socket = null;
    }
    waiting?.resolve({ status: reply.status, body: reply.body });
  }
}

interface Parsed extends Reply {
  /** Bytes of the whole reply. */
  length: number;
  /** The server closes the connection after it. */
  last: boolean;
}

/** The reply at the start of `bytes`, or null while it is not all there. */
export function parseReply(bytes: Buffer): Parsed | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = bytes.toString('latin1', 0, headEnd);
  const status = Number(head.slice(9, 12));
  const last = /\r\nconnection:\s*close/i.test(head);
  const at = headEnd + HEAD_END.length;
  if (/\r\ntransfer-encoding:\s*chunked/i.test(head)) {
    const chunks = parseChunks(bytes, at);
    return chunks && { status, body: Buffer.concat(chunks.parts), length: chunks.end, last };
  }
  const length = Number(/\r\ncontent-length:\s*(\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < at + length) return null;
  return { status, body: bytes.subarray(at, at + length), length: at + length, last };
}

function parseChunks(bytes: Buffer, start: number): { parts: Buffer[]; end: number } | null {
  const parts: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (Number.isNaN(size)) throw new Error('malformed chunked reply');
    if (bytes.length < next) return null;
    if (size === 0) return { parts, end: next };
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
