import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { packagePath } from '../package-root.ts';
import { loadAddon } from './addon.ts';

const addonPath = packagePath('build', 'native', 'sextant.node');

/** Common to the scripts below: an index with `count` random vectors. */
const PRELUDE = `
const addon = require(${JSON.stringify(addonPath)});
const dim = 64;
function makeIndex(count) {
  const none = new Uint32Array(0);
  const index = new addon.Index(dim, 1, 0, 8, 64, 1e6, 0, null, 0, none, none);
  const vectors = Float32Array.from({ length: count * dim }, () => Math.random() - 0.5);
  index.write(Uint32Array.from({ length: count }, (_, i) => i), vectors);
  return { index, vectors };
}
const search = (index, queries) => index.search(queries, 10, 50, 13, 1, Infinity, undefined, undefined, undefined);
`;

/** Runs a script in a process of its own, for a crash would take the test run with it. */
function run(
  script: string,
  before = PRELUDE,
): { status: number | null; signal: string | null; out: string } {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '-e', before + script],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { status, signal, out: stdout + stderr };
}

const WORK = `
const { index, vectors } = makeIndex(20000);
index.link(20000, 2, undefined).catch(() => {});
for (let i = 0; i < 20; i++) search(index, vectors.subarray(0, 500 * dim)).catch(() => {});
`;

const describeAddon = () => {
  test('keeps the process alive for what runs, then lets it end', () => {
    const script = `const { index, vectors } = makeIndex(3000);
      index.link(3000, 2, undefined).then((linked) => console.log(linked, 'linked'));`;
    expect(run(script)).toEqual({ status: 0, signal: null, out: '3000 linked\n' });
  });

  test('survives an exit in the middle of passes and searches', () => {
    expect(run(`${WORK} setTimeout(() => { console.log('bye'); process.exit(0); }, 50);`)).toEqual({
      status: 0,
      signal: null,
      out: 'bye\n',
    });
  });

  test('survives an uncaught error in the middle of passes and searches', () => {
    const { status, signal, out } = run(`${WORK} setTimeout(() => { throw new Error('oops'); }, 50);`);
    expect([status, signal]).toEqual([1, null]);
    expect(out).toContain('Error: oops');
  });

  test('survives the end of workers that use it, also in the middle of work', () => {
    const inWorker = `${PRELUDE}${WORK}
      require('node:worker_threads').parentPort.postMessage('running');`;
    const script = `
      const { Worker } = require('node:worker_threads');
      const once = (worker) => new Promise((resolve) => worker.once('message', resolve));
      (async () => {
        for (let i = 0; i < 4; i++) {
          const worker = new Worker(${JSON.stringify(inWorker)}, { eval: true });
          console.log(await once(worker));
          await worker.terminate();
        }
        const { index, vectors } = makeIndex(100);
        console.log((await search(index, vectors.subarray(0, dim))).byteLength);
      })();`;
    expect(run(script)).toEqual({ status: 0, signal: null, out: `${'running\n'.repeat(4)}120\n` });
  });

  test('is loaded by workers alone, and unloaded by none', () => {
    const script = `
      const { Worker } = require('node:worker_threads');
      const source = ${JSON.stringify(`${PRELUDE}makeIndex(2000).index.link(2000, 2, undefined).then(() => {});`)};
      let left = 3;
      const next = () => { new Worker(source, { eval: true }).on('exit', (code) => {
        console.log(code);
        if (--left > 0) next();
      }); };
      next();`;
    expect(run(script, '')).toEqual({ status: 0, signal: null, out: '0\n0\n0\n' });
  });

  test('frees an index that nobody closed', () => {
    const script = `
      (async () => {
        const rss = () => process.memoryUsage().rss / 2 ** 20;
        const round = async () => {
          for (let i = 0; i < 10; i++) makeIndex(8000);
          for (let i = 0; i < 3; i++) { gc(); await new Promise((r) => setTimeout(r, 10)); }
        };
        await round();
        const before = rss();
        for (let i = 0; i < 15; i++) await round();
        console.log(rss() - before < 100 ? 'freed' : 'grew by ' + (rss() - before));
      })();`;
    expect(run(script)).toEqual({ status: 0, signal: null, out: 'freed\n' });
  });

  test('keeps an index alive while a search of it runs', () => {
    const script = `
      (async () => {
        const running = (() => { const { index, vectors } = makeIndex(5000); return search(index, vectors); })();
        for (let i = 0; i < 5; i++) { gc(); await new Promise((r) => setTimeout(r, 5)); }
        console.log((await running).byteLength);
      })();`;
    expect(run(script)).toEqual({ status: 0, signal: null, out: `${32 + 5001 * 4 + 50_000 * 8}\n` });
  });

  test('refuses wrong arguments with a code, whatever they are', () => {
    const script = `
      const { index } = makeIndex(10);
      const odd = [undefined, null, 1, -1, NaN, 2 ** 40, 'x', {}, [], new Uint8Array(3), new Uint32Array(0), new Uint32Array([9e9]),
        new Float32Array(dim), new Float32Array(0), new Float64Array(7), new Int32Array(0), new DataView(new ArrayBuffer(8)), () => 1];
      const names = Object.getOwnPropertyNames(addon.Index.prototype).filter((n) => n !== 'constructor' && n !== 'close');
      let seed = 7;
      const pick = () => odd[(seed = (seed * 1103515245 + 12345) & 0x7fffffff) % odd.length];
      const codes = new Set();
      const note = (error) => codes.add(error.code ?? error.message);
      const attempt = (f) => { try { const r = f(); if (r instanceof Promise) r.catch(note); } catch (error) { note(error); } };
      for (let i = 0; i < 20000; i++) {
        const args = Array.from({ length: 11 }, pick);
        attempt(() => index[names[i % names.length]](...args));
        attempt(() => addon.scanBody(...args));
        attempt(() => new addon.Index(...args));
        attempt(() => addon.Index.prototype[names[i % names.length]].call(pick(), ...args));
        attempt(() => addon.setThreads(pick() === 1 ? 2 : 'x'));
      }
      index.close();
      attempt(() => index.read(new Uint32Array(0), new Float32Array(0)));
      setTimeout(() => console.log([...codes].sort().join()), 100);`;
    const { status, signal, out } = run(script);
    expect([status, signal]).toEqual([0, null]);
    expect(out.trim()).toBe('Illegal invocation,SEXTANT_ARGUMENT,SEXTANT_CLOSED');
  });
};

if (existsSync(addonPath)) {
  describe('the addon', describeAddon);
} else {
  test('there is no addon to test: it could not be built here', () => {
    expect(() => loadAddon()).toThrow();
  });
}
