// The entry of all npm scripts: `node tools/run.mjs VERB [arguments]`. Plain JavaScript without dependencies, because it
// runs before anything is installed. Installs, builds what changed, then runs the verb in this same process.
// Everything it says itself goes to stderr: stdout belongs to the verb.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildNative, compile, ensureInstalled } from './lib/build.mjs';
import { root, say } from './lib/process.mjs';
import { runTests } from './lib/test-run.mjs';

/** Verb -> compiled file and the arguments that go before the user's. */
const programs = {
  serve: ['dist/src/main.js', ['serve']],
  check: ['dist/tools/check.js', []],
  load: ['dist/tools/load.js', []],
  'make-data': ['dist/tools/make-data.js', []],
  'bench:engine': ['dist/bench/engine/main.js', []],
  'bench:server': ['dist/bench/server/main.js', []],
};
const VERBS = [...Object.keys(programs), 'build', 'compile', 'test'];

async function main([verb, ...args]) {
  if (verb === undefined || !VERBS.includes(verb)) {
    say(`usage: node tools/run.mjs ${VERBS.join(' | ')} [arguments]`);
    return 2;
  }
  ensureInstalled();
  if (verb === 'test') return await runTests(args);
  const native = buildNative();
  if (verb === 'build') return compile({ check: true, force: true }) && native ? 0 : 1;
  if (!compile()) return 1;
  if (verb === 'compile') return 0;
  await start(...programs[verb], args);
  return undefined;
}

/** Runs a compiled program as if node had been started with it; it sets its own exit code. */
async function start(file, before, args) {
  const path = join(root, file);
  if (!existsSync(path)) throw new Error(`${file} is missing: the build did not make it`);
  process.argv = [process.argv[0], path, ...before, ...args];
  await import(pathToFileURL(path).href);
}

try {
  const code = await main(process.argv.slice(2));
  if (code !== undefined) process.exitCode = code;
} catch (error) {
  say(error.expected ? error.message : error.stack);
  process.exitCode = 1;
}
