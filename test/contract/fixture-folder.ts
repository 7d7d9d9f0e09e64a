import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openEngine } from '../../src/engine/open-engine.ts';
import { RealFiles } from '../../src/storage/files/real-files.ts';
import { isProgram } from '../../tools/repo-files.ts';
import { writeCheckpoint, writeLast } from './format-folder.ts';

/**
 * Data folders kept in the repository: every file but JSON is compressed, with `.gz` behind its name.
 * `node dist/test/contract/fixture-folder.js test/fixtures/format-N` writes one with the code of now.
 */
export function unpackFolder(from: string, to: string): void {
  for (const path of filesBelow(from)) {
    const target = join(to, path);
    mkdirSync(dirname(target), { recursive: true });
    const bytes = readFileSync(join(from, path));
    if (path.endsWith('.gz')) writeFileSync(target.slice(0, -3), gunzipSync(bytes));
    else writeFileSync(target, bytes);
  }
}

function packFolder(from: string, to: string): void {
  for (const path of filesBelow(from)) {
    if (/(^|\/)(\.lock-|lock\.mdb$)/.test(path)) continue;
    const target = join(to, path);
    mkdirSync(dirname(target), { recursive: true });
    const bytes = readFileSync(join(from, path));
    if (path.endsWith('.json')) writeFileSync(target, bytes);
    else writeFileSync(`${target}.gz`, gzipSync(bytes, { level: 9 }));
  }
}

/** Paths of all files below a folder, sorted. */
export function filesBelow(folder: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix))
    .sort()
    .flatMap((name) => {
      const path = prefix === '' ? name : `${prefix}/${name}`;
      return statSync(join(folder, path)).isDirectory() ? filesBelow(folder, path) : [path];
    });
}

/** A data folder as a killed process leaves it: a checkpoint, and a log that goes on. */
export async function writeFolder(folder: string): Promise<void> {
  const live = mkdtempSync(join(tmpdir(), 'sextant-formats-'));
  const engine = await openEngine({ threads: 1 });
  try {
    await writeCheckpoint(new RealFiles(live), engine);
    await writeLast(new RealFiles(live), engine, async () => cpSync(live, folder, { recursive: true }));
  } finally {
    await engine.close();
    rmSync(live, { recursive: true, force: true });
  }
}

if (isProgram(import.meta.url)) {
  const [target] = process.argv.slice(2);
  if (target === undefined) throw new Error('which folder is to be written?');
  const folder = mkdtempSync(join(tmpdir(), 'sextant-fixture-'));
  try {
    await writeFolder(folder);
    packFolder(folder, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
