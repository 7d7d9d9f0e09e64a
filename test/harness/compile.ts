import { spawnSync } from 'node:child_process';

/** Vitest's global set-up of the tests that start a server: compiles what changed since the last build. */
export default function setup(): void {
  const { status, stderr } = spawnSync(process.execPath, ['tools/run.mjs', 'compile'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the server could not be compiled:\n${stderr}`);
}
