import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpConnection, parseReply } from './http-client.ts';

const REPLY = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

describe('parseReply', () => {
  it('waits for the whole reply, however it is cut', () => {
    const bytes = Buffer.from(`${REPLY}more`);
    for (let length = 0; length < REPLY.length; length++)
      expect(parseReply(bytes.subarray(0, length))).toBeNull();
    expect(parseReply(bytes)).toMatchObject({ status: 200, length: REPLY.length, last: false });
  });

  it('joins chunks, waiting for the last', () => {
    const text =
      'HTTP/1.1 404 X\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n';
    for (let length = 0; length < text.length; length++) {
      expect(parseReply(Buffer.from(text.slice(0, length)))).toBeNull();
    }
    const reply = parseReply(Buffer.from(text))!;
    expect(reply).toMatchObject({ status: 404, length: text.length });
    expect(reply.body.toString()).toBe('abc0123456789abcdef');
  });

  it('sees that the server will close', () => {
    expect(
      parseReply(Buffer.from('HTTP/1.1 400 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')),
    ).toMatchObject({
      last: true,
    });
  });
});

describe('HttpConnection', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  async function serve(onData: (socket: Socket, text: string) => void): Promise<string> {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {}); // the other end may be gone first
      socket.on('data', (chunk) => onData(socket, chunk.toString()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  it('keeps the connection, and opens another when the server closed it', async () => {
    let requests = 0;
    const seen: string[] = [];
    const url = await serve((socket, text) => {
      seen.push(text.split('\r\n')[0]!);
      socket.write(REPLY);
      if (++requests === 2) socket.end();
    });
    const connection = new HttpConnection({ url: `${url}/base/`, apiKey: 'secret' });
    for (let i = 0; i < 2; i++) expect((await connection.request('GET', '/a')).body.toString()).toBe('hello');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await connection.request('POST', '/b', '{}')).status).toBe(200);
    expect(seen).toEqual(['GET /base/a HTTP/1.1', 'GET /base/a HTTP/1.1', 'POST /base/b HTTP/1.1']);
    expect(sockets.size).toBe(2);
    connection.close();
  });

  it('rejects, without trying again, when the connection breaks before the reply', async () => {
    let requests = 0;
    const url = await serve((socket) => {
      requests++;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      socket.end();
    });
    const connection = new HttpConnection({ url });
    await expect(connection.request('GET', '/')).rejects.toThrow(/no reply from .*closed the connection/);
    expect(requests).toBe(1);
  });

  it('tells that a server cannot be reached', async () => {
    const url = await serve(() => {});
    server.close();
    await once(server, 'close');
    await expect(new HttpConnection({ url }).request('GET', '/')).rejects.toThrow(
      /cannot reach .*ECONNREFUSED/,
    );
  });

  it('refuses other protocols', () => {
    expect(() => new HttpConnection({ url: 'ftp://x' })).toThrow('no http or https URL');
  });
});
