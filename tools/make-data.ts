import { SYNTHETIC_DEFAULTS, writeSynthetic } from '../bench/data/synthetic.ts';
import { DISTANCES, type Distance } from '../src/model/distance.ts';
import { readFlags, required, runProgram, UsageError, wholeNumber } from './arguments.ts';

const USAGE = `usage: npm run make-data -- --out DIR [--count 10000] [--dim 64] [--queries 100] [--distance Cosine]
         [--clusters 100] [--ground-truth 100] [--seed 1]
Writes a synthetic data folder. --ground-truth 0 leaves out the exact neighbours, which for 1 M rows take minutes.`;

await runProgram(async () => {
  const flags = readFlags(USAGE, {
    strings: ['out', 'count', 'dim', 'queries', 'distance', 'clusters', 'ground-truth', 'seed'],
  });
  if (flags === null) return;
  const distance = (flags.distance ?? SYNTHETIC_DEFAULTS.distance) as Distance;
  if (!DISTANCES.includes(distance))
    throw new UsageError(`--distance must be one of ${DISTANCES.join(', ')}`);
  const started = performance.now();
  const manifest = writeSynthetic(required('out', flags.out, USAGE), {
    distance,
    count: wholeNumber('count', flags.count, { fallback: SYNTHETIC_DEFAULTS.count }),
    dim: wholeNumber('dim', flags.dim, { fallback: SYNTHETIC_DEFAULTS.dim, max: 65_536 }),
    queries: wholeNumber('queries', flags.queries, { fallback: SYNTHETIC_DEFAULTS.queries }),
    clusters: wholeNumber('clusters', flags.clusters, { fallback: SYNTHETIC_DEFAULTS.clusters }),
    groundTruth: wholeNumber('ground-truth', flags['ground-truth'], {
      fallback: SYNTHETIC_DEFAULTS.groundTruth,
      min: 0,
    }),
    seed: wholeNumber('seed', flags.seed, { fallback: SYNTHETIC_DEFAULTS.seed, min: 0, max: 0xffffffff }),
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stderr.write(`${flags.out}: ${manifest.count} rows x ${manifest.dim}, ${seconds} s\n`);
});
