// Builds the native addon: node tools/build-native.mjs
// Plain JavaScript without dependencies, and no node-gyp: a C++20 compiler and the headers of the npm package
// node-api-headers are all it needs, and nothing is downloaded. Without a compiler it says so and ends well: the
// WebAssembly core is used then. CXX names the compiler. Objects are kept in build/native/ under the hash of all they
// were made of, so that a second run compiles only what changed.
import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ['core', 'kernels', 'hnsw', 'quantization', 'pool', 'json', 'addon'];
const OUTPUT_FOLDER = join(root, 'build', 'native');
const OUTPUT = join(OUTPUT_FOLDER, 'sextant.node');
const JOBS = 2;

const COMPILE_FLAGS = [
  ...['-std=c++20', '-O3', '-DNDEBUG', '-fPIC', '-pthread'],
  ...['-fvisibility=hidden', '-fvisibility-inlines-hidden', '-fno-math-errno'],
];
const LINK_FLAGS =
  process.platform === 'darwin'
    ? ['-bundle', '-undefined', 'dynamic_lookup', '-pthread']
    : ['-shared', '-pthread'];

const say = (line) => process.stderr.write(`${line}\n`);
const sha256 = (parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}\n`).update(part);
  return hash.digest('hex');
};

/** The first compiler that runs: `{ command, version }`, or null. */
function findCompiler() {
  for (const command of process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++']) {
    const { status, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    if (status === 0) return { command, version: stdout.split('\n')[0] };
  }
  return null;
}

function sourceFiles() {
  return FOLDERS.flatMap((folder) => {
    const path = join(root, 'native', folder);
    if (!existsSync(path)) return [];
    const names = readdirSync(path).filter((name) => name.endsWith('.cpp') && !/test|fuzz|wasm/.test(name));
    return names.sort().map((name) => join(path, name));
  });
}

/** A file and, in order of appearance, all of ours that it includes. */
function withIncludes(path, seen = new Map()) {
  if (seen.has(path) || !existsSync(path)) return seen;
  const text = readFileSync(path);
  seen.set(path, text);
  for (const [, name] of text.toString('latin1').matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)) {
    withIncludes(join(dirname(path), name), seen);
  }
  return seen;
}

async function compileAll(compiler, includeFolder, files) {
  const flags = [...COMPILE_FLAGS, `-I${includeFolder}`];
  const objects = files.map((file) => {
    const parts = [compiler.version, process.arch, flags.join(' '), ...withIncludes(file).values()];
    return { file, object: join(OUTPUT_FOLDER, `${sha256(parts).slice(0, 32)}.o`) };
  });
  const missing = objects.filter(({ object }) => !existsSync(object));
  if (missing.length > 0) say(`building the native core with ${compiler.version} (${missing.length} files)`);
  const queue = [...missing];
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      await make(compiler, [...flags, '-c', next.file], next.object);
    }
  };
  await Promise.all(Array.from({ length: JOBS }, work));
  return objects.map(({ object }) => object);
}

/** Runs the compiler; the output appears whole or not at all, also beside another build. */
function make(compiler, args, output) {
  const partial = `${output}.${process.pid}`;
  return new Promise((resolve, reject) => {
    execFile(compiler.command, [...args, '-o', partial], { cwd: root }, (error, stdout, stderr) => {
      if (error) {
        say(`${stdout}${stderr}`.trimEnd());
        rmSync(partial, { force: true });
        reject(new Error(`the compiler failed on ${output}: ${args.at(-1)}`));
        return;
      }
      renameSync(partial, output);
      resolve();
    });
  });
}

/** Objects of earlier sources go, except those another build may be about to link. */
function removeStale(objects) {
  const kept = new Set(objects);
  for (const name of readdirSync(OUTPUT_FOLDER)) {
    const path = join(OUTPUT_FOLDER, name);
    if (name.endsWith('.o') && !kept.has(path)) rmSync(path, { force: true });
  }
}

async function build() {
  const compiler = findCompiler();
  if (compiler === null) {
    say('no C++ compiler found: the WebAssembly core is used (install g++ or clang++ for the native one)');
    return;
  }
  const require = createRequire(import.meta.url);
  const includeFolder = require('node-api-headers').include_dir;
  mkdirSync(OUTPUT_FOLDER, { recursive: true });
  const objects = await compileAll(compiler, includeFolder, sourceFiles());
  const key = sha256([compiler.version, LINK_FLAGS.join(' '), ...objects.map((o) => o.slice(-34))]);
  const keyFile = `${OUTPUT}.key`;
  if (existsSync(OUTPUT) && existsSync(keyFile) && readFileSync(keyFile, 'utf8') === key) return;
  await make(compiler, [...LINK_FLAGS, ...objects], OUTPUT);
  writeFileSync(keyFile, key);
  removeStale(objects);
}

try {
  await build();
} catch (error) {
  say(error.message);
  process.exitCode = 1;
}
