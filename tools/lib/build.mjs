import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure, root, run, say } from './process.mjs';

const SOURCE_FOLDERS = ['src', 'tools', 'bench', 'test'];
const at = (path) => join(root, path);

/** Runs `npm ci` unless what package-lock.json asks for is there already. */
export function ensureInstalled() {
  if (!existsSync(at('package-lock.json'))) return; // an installed package: npm put our dependencies beside us
  const wanted = hash(readFileSync(at('package-lock.json')));
  const stamp = at('node_modules/.sextant-installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!matchesLock()) {
    say('installing dependencies (npm ci)');
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const code = run(npm, ['ci', '--include=dev', '--no-audit', '--no-fund'], {
      shell: process.platform === 'win32',
    });
    if (code !== 0) {
      throw failure(
        `npm ci ended with code ${code} (its output is above). The first start needs the npm registry; once installed, no network is needed.`,
      );
    }
  }
  writeFileSync(stamp, wanted);
}

/** True when the packages npm last put into node_modules are those of the lock file (someone ran npm by hand). */
function matchesLock() {
  if (!existsSync(at('node_modules/.package-lock.json'))) return false;
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(at('node_modules/.package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      (entry.optional && present[path] === undefined) ||
      (present[path]?.version === entry.version && existsSync(at(path))),
  );
}

/**
 * Builds the native addon when its sources changed; true unless that failed. Without a compiler there is nothing to
 * do: the server then runs the WebAssembly core.
 */
export function buildNative() {
  if (!existsSync(at('tools/build-native.mjs'))) return true;
  const code = run(process.execPath, ['tools/build-native.mjs']);
  if (code === 0) return true;
  say(`the native addon could not be built (code ${code}): the WebAssembly core is used`);
  return false;
}

/**
 * Compiles TypeScript into dist/ when a source changed since the last time. Types are checked by `check` only (npm
 * run build, npm test), so that a start is quick.
 */
export function compile({ check = false, force = false } = {}) {
  const tsc = at('node_modules/typescript/bin/tsc');
  if (!existsSync(tsc)) return existsSync(at('dist/src/main.js')); // an installed package has dist/ only
  const sources = sourceFiles();
  const wanted = hash(sources.map(({ path, size, mtimeMs }) => `${path} ${size} ${mtimeMs}`).join('\n'));
  const stamp = at('dist/.stamp');
  if (!force && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  if (!force) say('compiling TypeScript');
  rmSync(stamp, { force: true });
  const code = run(process.execPath, [tsc, '-p', '.', ...(check ? [] : ['--noCheck'])]);
  if (code !== 0) {
    say('the TypeScript build failed (see above)');
    return false;
  }
  removeStale(new Set(sources.map(({ path }) => path)));
  mkdirSync(at('dist'), { recursive: true });
  writeFileSync(stamp, wanted);
  return true;
}

function sourceFiles() {
  const files = ['package.json', 'tsconfig.json'];
  for (const folder of SOURCE_FOLDERS) walk(folder, (path) => path.endsWith('.ts') && files.push(path));
  return files.map((path) => ({ path, ...pick(statSync(at(path))) }));
}
const pick = ({ size, mtimeMs }) => ({ size, mtimeMs });

/** Compiled files whose source is gone must not be found by an import or a test. */
function removeStale(sources) {
  for (const folder of SOURCE_FOLDERS) {
    walk(`dist/${folder}`, (path) => {
      const source = path.slice('dist/'.length).replace(/\.js(\.map)?$/, '.ts');
      if (/\.js(\.map)?$/.test(path) && !sources.has(source)) rmSync(at(path));
    });
  }
}

function walk(folder, visit) {
  if (!existsSync(at(folder))) return;
  for (const entry of readdirSync(at(folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      if (entry.name !== 'node_modules') walk(path, visit);
    } else visit(path);
  }
}

const hash = (content) => createHash('sha256').update(content).digest('hex');
