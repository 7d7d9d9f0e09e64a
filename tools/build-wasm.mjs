// Compiles the core to native/wasm/sextant.wasm, which is committed with the hash of its sources:
//   node tools/build-wasm.mjs           builds (clang with a wasm32-wasi libc; Debian: clang lld wasi-libc
//                                       libc++-14-dev-wasm32 libclang-rt-14-dev-wasm32)
//   node tools/build-wasm.mjs --check   fails when the sources are no longer those of the committed file
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDERS = ['core', 'kernels', 'hnsw', 'quantization', 'pool', 'json', 'glue', 'wasm'];
const OUTPUT = 'native/wasm/sextant.wasm';
const HASH = 'native/wasm/sextant.wasm.sources';
const FLAGS = [
  '--target=wasm32-wasi',
  '-mexec-model=reactor',
  '-std=c++20',
  '-O3',
  '-msimd128',
  '-fno-exceptions',
  '-fno-rtti',
  '-fvisibility=hidden',
  '-Wl,--strip-all',
  '-Wl,-z,stack-size=1048576',
  '-Wl,--max-memory=4294967296',
];

/** Sources in a fixed order; tests, fuzz targets and the files of other processors are no part of it. */
function sources() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, 'native', folder))
      .filter((name) => /\.(cpp|hpp)$/.test(name) && !/(test|fuzz|_avx|_neon|_mmap)/.test(name))
      .sort()
      .map((name) => `native/${folder}/${name}`),
  );
}

/** What the committed file must have been made of: the flags and every source. */
function sourcesHash() {
  const hash = createHash('sha256').update(FLAGS.join(' '));
  for (const path of sources()) {
    const text = readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n');
    hash.update(`\n${path} ${text.length}\n${text}`);
  }
  return hash.digest('hex');
}

const fileHash = () =>
  createHash('sha256')
    .update(readFileSync(join(root, OUTPUT)))
    .digest('hex');

function check() {
  const [madeOf, made] = readFileSync(join(root, HASH), 'utf8').trim().split('\n');
  if (madeOf !== sourcesHash())
    return `${OUTPUT} is older than its sources: run node tools/build-wasm.mjs where clang is`;
  return made === fileHash() ? null : `${OUTPUT} is not the file that ${HASH} speaks of`;
}

function build() {
  const compiler = process.env.WASM_CXX ?? 'clang++';
  const files = sources().filter((path) => path.endsWith('.cpp'));
  mkdirSync(join(root, 'build'), { recursive: true });
  const partial = `build/sextant.wasm.${process.pid}`;
  execFileSync(compiler, [...FLAGS, ...files, '-o', partial], { cwd: root, stdio: 'inherit' });
  copyFileSync(join(root, partial), join(root, OUTPUT));
  chmodSync(join(root, OUTPUT), 0o644);
  rmSync(join(root, partial));
  writeFileSync(join(root, HASH), `${sourcesHash()}\n${fileHash()}\n`);
}

if (process.argv.includes('--check')) {
  const problem = check();
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
} else {
  build();
}
