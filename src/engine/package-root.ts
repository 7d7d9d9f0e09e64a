import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../shared/assert.ts';

/** A file of the package, whether this code runs from `src/` or, compiled, from `dist/src/`. */
export function packagePath(...parts: string[]): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    assert(above !== folder, 'package.json is missing above the engine');
    folder = above;
  }
  return join(folder, ...parts);
}
