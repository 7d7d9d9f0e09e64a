import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TestServer } from '../harness/test-server.ts';

const VERSION = /^sextant \d+\.\d+\.\d+/;
let server: TestServer | null = null;
afterEach(async () => {
  await server?.dispose();
  server = null;
});

function sextant(args: string[], env: Record<string, string> = {}) {
  const options = { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/src/main.js', ...args], options);
  return { status, stdout, output: stdout + stderr };
}

describe('sextant serve', () => {
  it('says where it listens, where the data is and which core runs, and stops with code 0', async () => {
    server = await TestServer.start({ env: { SEXTANT__LOG_LEVEL: 'INFO' } });
    expect(server.output).toContain(server.url);
    expect(server.output).toContain(join(server.folder, 'storage'));
    expect(server.output).toMatch(/engine: (native|wasm), \S+/);
    expect(await server.stop()).toBe(0);
  });

  it('refuses the folder of another process by name', async () => {
    server = await TestServer.start();
    const folder = join(server.folder, 'storage');
    const second = sextant(['serve', '--port', '0', '--storage-path', folder]);
    expect(second.status).not.toBe(0);
    expect(second.output).toContain(folder);
    expect(second.output).toContain(String(server.pid));
    expect(second.output).not.toMatch(/^ {4}at /m);
  });

  it('refuses a port in use, an unknown key and a bad value, each by name', async () => {
    server = await TestServer.start();
    const folder = join(server.folder, 'another');
    const refused = (args: string[], env: Record<string, string>, named: string): void => {
      const { status, output } = sextant(['serve', '--storage-path', folder, ...args], env);
      expect(output).toContain(named);
      expect(output).not.toMatch(/^ {4}at /m);
      expect(status).not.toBe(0);
    };
    refused(['--port', String(server.port)], {}, String(server.port));
    refused(['--port', '0'], { SEXTANT__SERVICE__HTP_PORT: '1' }, 'http_port');
    refused(['--port', '0'], { QDRANT__STORAGE__WAL__WAL_CAPACITY_MB: 'many' }, 'wal_capacity_mb');
    refused(['--prot', '1'], {}, '--port');
  });
});

describe('sextant', () => {
  it('tells its version and its help', () => {
    expect(sextant(['--version'])).toMatchObject({ status: 0, stdout: expect.stringMatching(VERSION) });
    expect(sextant(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--storage-path'),
    });
  });

  it('runs by its command too', () => {
    const { status, stdout } = spawnSync(process.execPath, ['bin/sextant.mjs', '--version'], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(VERSION);
    expect(status).toBe(0);
  });
});
