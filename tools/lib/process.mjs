import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const say = (text) => process.stderr.write(`${text}\n`);

/** An error whose message is all that a user needs: no stack is printed. */
export function failure(message) {
  return Object.assign(new Error(message), { expected: true });
}

/**
 * Runs a program to its end in the package's folder, its output on our stderr. Returns the exit code; 127 when the
 * program could not be started.
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (result.error) {
    say(`${command}: ${result.error.message}`);
    return 127;
  }
  return result.status ?? 1;
}

/** True when `command --version` can be started. */
export const has = (command) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
