import { dirname, posix } from 'node:path';
import { importsOf } from './imports.ts';
import { isProgram, readTexts, report } from './repo-files.ts';

/**
 * The order of folders in src/: imports point down, never up and never sideways. `unit` is the folder whose files may
 * import each other freely. docs/ARCHITECTURE.md tells the same in words.
 */
interface Rank {
  pattern: RegExp;
  rank: number;
}
const BASE = -1;
const RANKS: readonly Rank[] = [
  { pattern: /^main$/, rank: 9 },
  { pattern: /^config$/, rank: 8 },
  { pattern: /^gateway\/[^/]+$/, rank: 7 },
  { pattern: /^coordinator$/, rank: 6 },
  { pattern: /^collection$/, rank: 5 },
  { pattern: /^cluster$/, rank: 4 },
  { pattern: /^shard$/, rank: 3 },
  { pattern: /^segment$/, rank: 2 },
  { pattern: /^index\/[^/]+$/, rank: 1 },
  { pattern: /^storage\/[^/]+$/, rank: 0 },
  { pattern: /^(engine|query|api|security)$/, rank: 0 },
  { pattern: /^(model|observability|shared)$/, rank: BASE },
];

/** Sideways imports that are allowed, as "from -> to". */
const ALLOWED_SIDEWAYS: readonly (readonly [from: RegExp, to: RegExp])[] = [
  [/^index\/[^/]+$/, /^index\/quantization$/],
  [/^storage\/(wal|snapshot|records)$/, /^storage\/files$/],
  [/^(model|observability)$/, /^shared$/],
];

/** Packages and Node modules that only some folders may use: these folders are the only door. */
const DOORS: readonly { module: RegExp; units: RegExp; why: string }[] = [
  {
    module: /^(node:)?fs(\/promises)?$/,
    units: /^(storage\/files|storage\/records|engine|config|main)$/,
    why: 'storage/files is the only door to the disk',
  },
  { module: /^lmdb$/, units: /^storage\/records$/, why: 'storage/records is the only door to LMDB' },
  { module: /^pino$/, units: /^(observability|main)$/, why: 'observability is the only door to the log' },
  { module: /^yaml$/, units: /^config$/, why: 'config alone reads the configuration' },
  {
    module: /^(node:)?(http|https|http2|net|tls)$/,
    units: /^(gateway\/[^/]+|cluster|main)$/,
    why: 'the gateways and cluster are the only doors to the network',
  },
];

/** Setting a variable is how the engine hands an option to its native core; that is no reading. */
const READS_ENVIRONMENT = /\bprocess\.env\b(?!\.\w+ = )/;

/** Problems of all files of src/, one line each. `texts` maps paths to TypeScript text; others than src/ are left out. */
export function checkImports(texts: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [path, text] of texts) {
    if (!path.startsWith('src/')) {
      problems.push(...checkOutside(path, text));
      continue;
    }
    const from = unitOf(path);
    if (from === null) {
      problems.push(`${path}: not in a folder of the rank table (src/ holds known folders and main.ts only)`);
      continue;
    }
    for (const imported of importsOf(text)) {
      const rule = brokenRule(path, from, imported.specifier, imported.typeOnly);
      if (rule !== null) problems.push(`${path}:${imported.line}: imports '${imported.specifier}': ${rule}`);
    }
    if (READS_ENVIRONMENT.test(text) && !/^(config|main)$/.test(from) && !isTest(path)) {
      problems.push(`${path}: reads process.env: config alone reads the environment`);
    }
  }
  return problems;
}

/** tools, bench and test may import anything of src/ but main.ts. */
function checkOutside(path: string, text: string): string[] {
  return importsOf(text)
    .filter(({ specifier }) => specifier.startsWith('.') && resolve(path, specifier) === 'src/main.ts')
    .map(({ line }) => `${path}:${line}: imports src/main.ts: nobody imports main.ts`);
}

function brokenRule(path: string, from: string, specifier: string, typeOnly: boolean): string | null {
  if (!specifier.startsWith('.')) {
    const door = DOORS.find(({ module }) => module.test(specifier));
    return door && !door.units.test(from) && !isTest(path) ? door.why : null;
  }
  const target = resolve(path, specifier);
  if (isTest(target) && !isTest(path)) return 'nobody but a test imports a test';
  if (!target.startsWith('src/')) {
    if (isTest(path) && target.startsWith('test/')) return null;
    return 'src/ imports nothing outside of src/';
  }
  const to = unitOf(target);
  if (to === null) return 'not in a folder of the rank table';
  return from === to ? null : betweenUnits(from, to, target, typeOnly);
}

/** The rule that an import of unit `to` by unit `from` breaks, or null. */
function betweenUnits(from: string, to: string, target: string, typeOnly: boolean): string | null {
  const fromRank = rankOf(from);
  const toRank = rankOf(to);
  if (to === 'main') return 'nobody imports main.ts';
  if (to === 'config' && from !== 'main') return 'config is read by main.ts alone';
  if (ALLOWED_SIDEWAYS.some(([a, b]) => a.test(from) && b.test(to))) return null;
  if (fromRank === toRank) return `${from} and ${to} are of the same rank: imports never point sideways`;
  if (toRank > fromRank) return `${to} (rank ${toRank}) is above ${from} (rank ${fromRank})`;
  if (toRank === BASE || from === 'main') return null;
  if (fromRank === 7 && !/^(coordinator|api|security)$/.test(to)) {
    return 'a gateway imports coordinator, api, security and the base, nothing between';
  }
  if (/^(api|security)$/.test(to) && fromRank < 6) return `${to} serves the gateways and coordinator alone`;
  if (from === 'cluster' && to === 'shard' && !(typeOnly && target === 'src/shard/shard-replica.ts')) {
    return 'of shard, cluster imports only the ShardReplica interface (import type, shard/shard-replica.ts)';
  }
  return null;
}

/** `src/index/hnsw/build.ts` -> `index/hnsw`, `src/main.ts` -> `main`; null when the table does not know it. */
function unitOf(path: string): string | null {
  const inside = path.slice('src/'.length).replace(/\.ts$/, '');
  const folder = dirname(inside);
  const parts = folder === '.' ? [inside] : folder.split('/');
  const unit = /^(gateway|index|storage)$/.test(parts[0]!) ? parts.slice(0, 2).join('/') : parts[0]!;
  if (folder === '.' && unit !== 'main') return null;
  return RANKS.some(({ pattern }) => pattern.test(unit)) ? unit : null;
}

const rankOf = (unit: string): number => RANKS.find(({ pattern }) => pattern.test(unit))!.rank;
const isTest = (path: string): boolean => /(\.test|\.bench|-contract)\.ts$/.test(path);
const resolve = (path: string, specifier: string): string =>
  posix.normalize(posix.join(dirname(path), specifier));

if (isProgram(import.meta.url)) {
  const texts = readTexts(process.cwd(), (path) => /^(src|tools|bench|test)\/.*\.ts$/.test(path));
  report('check-imports', checkImports(texts), `${texts.size} files, all imports point down`);
}
