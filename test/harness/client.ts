import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll } from 'vitest';
import { HttpConnection } from '../../tools/http-client.ts';
import { TestServer, type TestServerOptions } from './test-server.ts';

export interface ServerUnderTest {
  readonly server: TestServer;
  readonly client: QdrantClient;
  /** Sends raw text and returns the status and the parsed reply (the text itself when it is no JSON). */
  raw(method: string, path: string, body?: string | Uint8Array): Promise<RawReply>;
}

export interface RawReply {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of any shape
  json: any;
}

/** One server for the tests of a file, started before and stopped after them. */
export function serverUnderTest(options?: TestServerOptions): ServerUnderTest {
  let server: TestServer | undefined;
  let client: QdrantClient | undefined;
  beforeAll(async () => {
    server = await TestServer.start(options);
    client = new QdrantClient({ url: server.url, checkCompatibility: false });
  });
  afterAll(() => server?.dispose());
  return {
    get server() {
      return server!;
    },
    get client() {
      return client!;
    },
    raw: (method, path, body) => rawRequest(server!.url, method, path, body),
  };
}

export async function rawRequest(
  url: string,
  method: string,
  path: string,
  body?: string | Uint8Array,
): Promise<RawReply> {
  const connection = new HttpConnection({ url });
  try {
    const reply = await connection.request(method, path, body ?? null);
    const text = reply.body.toString();
    return { status: reply.status, text, json: parsed(text) };
  } finally {
    connection.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain text replies are looked at as they are
  }
}
