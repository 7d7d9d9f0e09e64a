import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SYNTHETIC_DEFAULTS, writeSynthetic } from '../../bench/data/synthetic.ts';
import { serverUnderTest } from '../harness/client.ts';

const under = serverUnderTest();
let data = '';
beforeAll(() => {
  data = mkdtempSync(join(tmpdir(), 'sextant-load-'));
  writeSynthetic(data, { ...SYNTHETIC_DEFAULTS, count: 3_000, dim: 16, queries: 50, groundTruth: 10 });
});
afterAll(() => rmSync(data, { recursive: true, force: true }));

/** Runs a compiled program as the npm script does. */
function runProgram(program: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}
const load = (...args: string[]) =>
  runProgram('dist/tools/load.js', '--data', data, '--url', under.server.url, ...args);

describe('npm run load', () => {
  it('creates the collection and its indexes, loads all rows, and waits', async () => {
    const { status, stdout, stderr } = load(
      '--collection',
      'a',
      '--wait',
      '--index',
      's10:keyword',
      '--batch',
      '100',
    );
    expect(stderr).toContain('created collection a');
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(
      /^loaded 3,000 points in .* s \(.* points\/s\)\ngreen after another .* s, 3,000 points\n$/,
    );
    const info = await under.client.getCollection('a');
    expect(info).toMatchObject({
      status: 'green',
      payload_schema: { s10: { data_type: 'keyword', points: 3_000 } },
    });
    expect((await under.client.count('a', { exact: true })).count).toBe(3_000);
    const [point] = await under.client.retrieve('a', { ids: [1_234] });
    expect(point?.payload).toMatchObject({ row: 1_234 });
  });

  it('adds to a collection of the same shape, and refuses another one', async () => {
    await under.client.createCollection('other', { vectors: { size: 4, distance: 'Dot' } });
    expect(load('--collection', 'a', '--limit', '10')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('loaded 10 points'),
    });
    const refused = load('--collection', 'other');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(
      'collection other holds 4-dimensional Dot vectors, the data 16-dimensional Cosine',
    );
    expect(load('--collection', 'other', '--recreate', '--limit', '10').status).toBe(0);
  });

  it.each([
    [['--collection', 'a', '--index', 'x'], 2, '--index must be KEY:TYPE'],
    [['--collection', 'a', '--index', 'x:nothing'], 1, '400'],
    [['--colection', 'a'], 2, 'usage: npm run load'],
    [['--collection', 'a', '--batch', '0'], 2, '--batch must be a whole number'],
    [[], 2, '--collection is needed'],
  ])('%j ends with code %d and says why', (args, code, text) => {
    const { status, stderr } = load(...args);
    expect(stderr).toContain(text);
    expect(status).toBe(code);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  it('tells that no server is there', () => {
    const { status, stderr } = runProgram(
      'dist/tools/load.js',
      ...['--data', data, '--url', 'http://127.0.0.1:1', '--collection', 'a'],
    );
    expect(stderr).toContain('cannot reach http://127.0.0.1:1: ECONNREFUSED');
    expect(status).toBe(1);
  });
});

describe('npm run bench:server', () => {
  it('prints one JSON object per measured row and nothing else', () => {
    const { status, stdout, stderr } = runProgram(
      'dist/bench/server/main.js',
      ...['--data', data, '--url', under.server.url, '--pid', String(under.server.pid)],
      ...['--ef', 'default,64', '--seconds', '0', '--json'],
    );
    expect(status, stderr).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows[0]).toMatchObject({ kind: 'upload', points: 3_000, rssMb: expect.any(Number) });
    const searches = rows.slice(1);
    expect(searches.map(({ kind }) => kind)).not.toContain('upload');
    expect(new Set(searches.map(({ filter }) => filter)).size).toBeGreaterThanOrEqual(4);
    for (const row of searches) {
      expect(row.recall, JSON.stringify(row)).toBeGreaterThan(0.9);
      expect(row.cpuMs).toBeGreaterThanOrEqual(0);
      expect(row.p50Ms).toBeLessThanOrEqual(row.p99Ms);
    }
  });
});

describe('npm run bench:engine', () => {
  it('prints one JSON object per measured row and nothing else', () => {
    const { status, stdout, stderr } = runProgram(
      'dist/bench/engine/main.js',
      ...[
        '--data',
        data,
        '--engines',
        'sextant-wasm,sextant-reference',
        '--ef',
        '16,128',
        '--filter',
        '--seconds',
        '0',
        '--json',
      ],
    );
    expect(status, stderr).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const searches = rows.filter(({ kind }) => kind === 'search');
    expect(searches.map(({ engine, ef }) => [engine, ef])).toEqual([
      ['sextant-wasm', 16],
      ['sextant-wasm', 128],
      ['sextant-reference', 16],
      ['sextant-reference', 128],
    ]);
    for (const row of searches)
      expect(row.recall, JSON.stringify(row)).toBeGreaterThan(row.ef === 16 ? 0.6 : 0.97);
    expect(rows.filter(({ kind }) => kind === 'filter').length).toBeGreaterThan(0);
    expect(rows.filter(({ kind }) => kind === 'atRecall')).toHaveLength(6);
  });
});
