import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { packagePath } from '../package-root.ts';

test('the committed WebAssembly file is made of the sources that are here', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [packagePath('tools', 'build-wasm.mjs'), '--check'],
    {
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
});
