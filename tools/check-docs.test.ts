import { describe, expect, it } from 'vitest';
import { checkDocs } from './check-docs.ts';

const PATHS = ['README.md', 'docs/A.md', 'src/shard/update.ts', 'package.json', 'LICENSE'];
const problemsOf = (text: string, path = 'README.md'): string[] => checkDocs(new Map([[path, text]]), PATHS);

describe('checkDocs', () => {
  it.each([
    '[a](docs/A.md)',
    '[a](docs/)',
    '[a](https://example.org/x.md)',
    '# Some Heading, here\n[a](#some-heading-here)',
    '`src/shard/update.ts` and `src/shard/` and `src/shard/update.ts:12`',
    '`package.json`, `update.ts`, `LICENSE`',
    '`dist/src/main.js`, `src/*/x.ts`, `src/...`',
    '`npm start`, `{"a": 1}`, `a.b`',
  ])('accepts %s', (text) => expect(problemsOf(text)).toEqual([]));

  it.each([
    ['[a](docs/B.md)', 'docs/B.md'],
    ['[a](#nowhere)', '#nowhere'],
    ['`src/shard/gone.ts`', 'src/shard/gone.ts'],
    ['`gone.json`', 'gone.json'],
  ])('refuses %s', (text, named) => {
    expect(problemsOf(`first line\n${text}`)).toEqual([expect.stringContaining(named)]);
    expect(problemsOf(`first line\n${text}`)[0]).toMatch(/^README\.md:2: /);
  });

  it('takes a path from the folder of the document or one above it', () => {
    const paths = [...PATHS, 'native/test/Makefile'];
    const check = (path: string): string[] => checkDocs(new Map([[path, '`test/Makefile`']]), paths);
    expect(check('native/core/README.md')).toEqual([]);
    expect(check('src/shard/README.md')).toHaveLength(1);
  });

  it('resolves links from the folder of the document', () => {
    expect(problemsOf('[a](../README.md) [b](A.md)', 'docs/A.md')).toEqual([]);
    expect(problemsOf('[a](README.md)', 'docs/A.md')).toHaveLength(1);
  });
});
