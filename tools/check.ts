import { checkDocs } from './check-docs.ts';
import { checkImports } from './check-imports.ts';
import { checkSize } from './check-size.ts';
import { readTexts, repoFiles, report } from './repo-files.ts';

/** `npm run check`: the project's own checks without the tests. */
const root = process.cwd();
const texts = readTexts(root, (path) => /\.(ts|mjs|md|cpp|hpp|h|cc)$/.test(path));
const only = (pattern: RegExp): Map<string, string> =>
  new Map([...texts].filter(([path]) => pattern.test(path)));

report('check-imports', checkImports(only(/^(src|tools|bench|test)\/.*\.ts$/)), 'all imports point down');
report('check-docs', checkDocs(only(/\.md$/), repoFiles(root)), 'all links lead somewhere');
report(
  'check-size',
  checkSize(only(/^(src|tools|bench|test|native|bin)\/.*\.(ts|mjs|cpp|hpp|h|cc)$/)),
  'all fit',
);
