import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SEXTANT_VERSION } from './version.ts';

it('is the version of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(SEXTANT_VERSION).toBe(manifest.version);
});
