import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { buildNative, compile } from './build.mjs';
import { has, root, run, say } from './process.mjs';

const FUZZ_SECONDS = 20;
/** Part of the names of the native cases that use threads on purpose: under ThreadSanitizer the others take many minutes. */
const THREADED_CASES = 'Run';
const NATIVE_TEST_FOLDERS = ['native/test', 'native/json'];
const REPORT = 'build/vitest.json';

/**
 * `npm test`: every check, then all vitest tests, then (with CI=true or --full) the native tests under sanitizers and
 * the fuzz targets. With --vitest-only, or with other arguments, which go to vitest, only vitest runs. Returns the exit
 * code; the last line printed is "N passed, N failed".
 */
export async function runTests(args) {
  const full = args.includes('--full') || process.env.CI === 'true';
  const vitestArgs = args.filter((arg) => arg !== '--full' && arg !== '--vitest-only');
  const vitestOnly = args.includes('--vitest-only') || vitestArgs.length > 0;
  const tally = { passed: 0, failed: 0, failures: [] };
  const node = (...command) => run(process.execPath, command) === 0;
  const step = (name, check) => {
    const startedMs = performance.now();
    const ok = check();
    count(tally, name, ok, (performance.now() - startedMs) / 1000);
  };

  step('native build', buildNative);
  step('compile', compile);
  if (!vitestOnly) {
    step('types', () => node('node_modules/typescript/bin/tsc', '--noEmit', '-p', '.'));
    step('lint and format', () => node('node_modules/@biomejs/biome/bin/biome', 'check', '.'));
    for (const check of ['check-imports', 'check-docs', 'check-size']) {
      step(check, () => node(`dist/tools/${check}.js`));
    }
  }
  runVitest(tally, vitestArgs);
  if (!vitestOnly) nativeTests(step, full);

  for (const name of tally.failures) say(`failed: ${name}`);
  process.stdout.write(`${tally.passed} passed, ${tally.failed} failed\n`);
  return tally.failed === 0 ? 0 : 1;
}

function count(tally, name, ok, seconds) {
  say(`${ok ? 'ok    ' : 'FAILED'} ${name}${seconds === undefined ? '' : ` (${seconds.toFixed(1)} s)`}`);
  if (ok) tally.passed++;
  else {
    tally.failed++;
    tally.failures.push(name);
  }
}

/** Adds vitest's own counts. A run that ends badly without a failed test (a crash, no tests) is one failure. */
function runVitest(tally, args) {
  mkdirSync(join(root, 'build'), { recursive: true });
  rmSync(join(root, REPORT), { force: true });
  const vitest = 'node_modules/vitest/vitest.mjs';
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const code = run(process.execPath, [vitest, 'run', ...reporters, ...args]);
  const report = existsSync(join(root, REPORT))
    ? JSON.parse(readFileSync(join(root, REPORT), 'utf8'))
    : { numPassedTests: 0, numFailedTests: 0, testResults: [] };
  const before = tally.failures.length;
  tally.passed += report.numPassedTests;
  tally.failed += report.numFailedTests;
  for (const file of report.testResults) {
    const failed = file.assertionResults.filter((test) => test.status === 'failed');
    for (const test of failed) tally.failures.push(`${file.name}: ${test.fullName}`);
    // A file whose set-up failed ran no test: it is one failure.
    if (file.status === 'failed' && failed.length === 0) count(tally, `${file.name} could not run`, false);
  }
  if (code !== 0 && tally.failures.length === before) count(tally, `vitest ended with code ${code}`, false);
  if (report.numPassedTests + report.numFailedTests === 0) count(tally, 'vitest ran no test', false);
}

/** The C++ tests of the core: plain, under ASan+UBSan and TSan, and every fuzz target for a while. */
function nativeTests(step, full) {
  const folders = NATIVE_TEST_FOLDERS.filter((folder) => existsSync(join(root, folder, 'Makefile')));
  if (!full) {
    say('not run: native tests with sanitizers and fuzz targets (npm test -- --full, or CI=true, runs them)');
    return;
  }
  if (!has('make') || !has('clang++')) {
    say(`not run: native tests (${folders.join(', ')}): they need make and clang++`);
    return;
  }
  step('every native test folder has a Makefile', () => folders.length === NATIVE_TEST_FOLDERS.length);
  for (const folder of folders) {
    for (const target of [
      'test',
      'asan',
      `tsan CASE=${THREADED_CASES}`,
      `fuzz FUZZ_SECONDS=${FUZZ_SECONDS}`,
    ]) {
      const args = [`-j${availableParallelism()}`, '-C', folder, ...target.split(' ')];
      step(`make ${args.join(' ')}`, () => run('make', args) === 0);
    }
  }
}
