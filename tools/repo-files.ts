import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const LEFT_OUT = new Set(['node_modules', 'dist', 'build', '.git', 'coverage']);

/** Paths of the project's own files (`/`-separated, sorted): what git knows or would add; a plain walk without git. */
export function repoFiles(root: string): string[] {
  if (existsSync(join(root, '.git'))) {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
    const text = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 });
    const paths = new Set(text.split('\n').filter((path) => path !== ''));
    return [...paths].filter((path) => existsSync(join(root, path))).sort();
  }
  return walk(root, '').sort();
}

function walk(root: string, folder: string): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) found.push(path);
    else if (!LEFT_OUT.has(entry.name)) found.push(...walk(root, path));
  }
  return found;
}

/** Path -> text of the files that `keep` accepts. */
export function readTexts(root: string, keep: (path: string) => boolean): Map<string, string> {
  const texts = new Map<string, string>();
  for (const path of repoFiles(root)) {
    if (keep(path)) texts.set(path, readFileSync(join(root, path), 'utf8'));
  }
  return texts;
}

/** True when the module with this `import.meta.url` is the program that node was started with. */
export function isProgram(moduleUrl: string): boolean {
  const script = process.argv[1];
  return script !== undefined && pathToFileURL(script).href === moduleUrl;
}

/** Prints each problem and how many there were; sets the exit code. */
export function report(check: string, problems: readonly string[], fine: string): void {
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stderr.write(
    problems.length === 0 ? `${check}: ${fine}\n` : `${check}: ${problems.length} problems\n`,
  );
  if (problems.length > 0) process.exitCode = 1;
}
