import { describe, expect, it } from 'vitest';
import { checkImports } from './check-imports.ts';
import { importsOf } from './imports.ts';

const problemsOf = (path: string, text: string): string[] => checkImports(new Map([[path, text]]));

describe('importsOf', () => {
  it('finds static, type, side-effect, re-export, multi-line and dynamic imports with their lines', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from './b.ts';",
      "import './c.ts';",
      "export { d } from './d.ts';",
      'import {',
      '  e,',
      "} from './e.ts';",
      "const f = await import('./f.ts');",
      "let g: import('./g.ts').G;",
    ].join('\n');
    expect(importsOf(text)).toEqual([
      { specifier: './a.ts', typeOnly: false, line: 1 },
      { specifier: './b.ts', typeOnly: true, line: 2 },
      { specifier: './c.ts', typeOnly: false, line: 3 },
      { specifier: './d.ts', typeOnly: false, line: 4 },
      { specifier: './e.ts', typeOnly: false, line: 5 },
      { specifier: './f.ts', typeOnly: false, line: 8 },
      { specifier: './g.ts', typeOnly: true, line: 9 },
    ]);
  });

  it('leaves out comments', () => {
    expect(
      importsOf("// import { a } from './a.ts';\n/* import './b.ts'; */\nconst c = 'http://x';"),
    ).toEqual([]);
  });
});

describe('checkImports', () => {
  const allowed: [string, string][] = [
    ['src/main.ts', "import { a } from './config/load.ts';"],
    ['src/gateway/rest/points.ts', "import type { C } from '../../coordinator/coordinator.ts';"],
    ['src/gateway/rest/points.ts', "import { v } from '../../api/points.ts';"],
    ['src/coordinator/search.ts', "import { v } from '../api/requests.ts';"],
    ['src/collection/a.ts', "import { v } from '../shard/update.ts';"],
    ['src/cluster/remote.ts', "import type { ShardReplica } from '../shard/shard-replica.ts';"],
    ['src/shard/a.ts', "import { v } from '../storage/wal/log.ts';"],
    ['src/index/hnsw/a.ts', "import { v } from '../quantization/codec.ts';"],
    ['src/storage/records/a.ts', "import { v } from '../files/files.ts';\nimport { open } from 'lmdb';"],
    ['src/engine/a.ts', "import { v } from './b.ts';\nimport { w } from '../model/vector.ts';"],
    ['src/model/a.ts', "import { must } from '../shared/assert.ts';"],
    ['src/shard/a.test.ts', "import { v } from '../../test/harness/x.ts';\nimport fs from 'node:fs';"],
    ['tools/load.ts', "import { v } from '../src/api/requests.ts';"],
  ];
  it.each(allowed)('allows %s: %s', (path, text) => expect(problemsOf(path, text)).toEqual([]));

  const refused: [string, string, string][] = [
    ['src/shard/a.ts', "import { v } from '../coordinator/b.ts';", 'above'],
    ['src/segment/a.ts', "import { v } from '../shard/b.ts';", 'above'],
    ['src/gateway/rest/a.ts', "import { v } from '../grpc/b.ts';", 'sideways'],
    ['src/gateway/rest/a.ts', "import { v } from '../../shard/b.ts';", 'nothing between'],
    ['src/collection/a.ts', "import { v } from '../api/requests.ts';", 'alone'],
    ['src/shard/a.ts', "import { v } from '../security/keys.ts';", 'alone'],
    ['src/cluster/a.ts', "import { v } from '../shard/update.ts';", 'ShardReplica'],
    ['src/cluster/a.ts', "import { v } from '../shard/shard-replica.ts';", 'ShardReplica'],
    ['src/index/hnsw/a.ts', "import { v } from '../payload/b.ts';", 'sideways'],
    ['src/storage/files/a.ts', "import { v } from '../wal/log.ts';", 'sideways'],
    ['src/storage/wal/a.ts', "import { v } from '../records/records.ts';", 'sideways'],
    ['src/engine/a.ts', "import { v } from '../query/merge.ts';", 'sideways'],
    ['src/shared/a.ts', "import { v } from '../model/point.ts';", 'sideways'],
    ['src/model/a.ts', "import { v } from '../observability/log.ts';", 'sideways'],
    ['src/coordinator/a.ts', "import { v } from '../main.ts';", 'main.ts'],
    ['src/coordinator/a.ts', "import { v } from '../config/load.ts';", 'main.ts alone'],
    ['src/shard/a.ts', "import { v } from './b.test.ts';", 'test'],
    ['src/shard/a.ts', "import { v } from '../../tools/x.ts';", 'outside'],
    ['src/shard/a.ts', "import fs from 'node:fs';", 'door to the disk'],
    ['src/coordinator/a.ts', "import http from 'node:http';", 'network'],
    ['src/segment/a.ts', 'const x = process.env.HOME;', 'environment'],
    ['src/odd/a.ts', 'const x = 1;', 'rank table'],
    ['src/other.ts', 'const x = 1;', 'rank table'],
    ['bench/a.ts', "import { main } from '../src/main.ts';", 'main.ts'],
  ];
  it.each(refused)('refuses %s: %s', (path, text, rule) => {
    const problems = problemsOf(path, text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(path);
    expect(problems[0]).toContain(rule);
  });

  it('names the file, the line and the import', () => {
    const [problem] = problemsOf('src/shard/a.ts', "\n\nimport { v } from '../coordinator/b.ts';");
    expect(problem).toBe(
      "src/shard/a.ts:3: imports '../coordinator/b.ts': coordinator (rank 6) is above shard (rank 3)",
    );
  });
});
