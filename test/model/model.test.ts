import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open-engine.ts';
import { ReferenceEngine } from '../../src/engine/reference/reference-engine.ts';
import { seededRandom } from '../../src/shared/seeded-random.ts';
import { FaultFiles } from '../../src/storage/files/fault-files.ts';
import { RealFiles } from '../../src/storage/files/real-files.ts';
import { ModelRun } from './model-run.ts';

/** Most events of the disk between the begin of a crash and its end. */
const CRASH_EVENTS_MAX = 12;

test('20,000 operations with restarts and crashes agree with a plain model', {
  timeout: 240_000,
}, async () => {
  const run = new ModelRun({
    random: seededRandom(20_261),
    files: new FaultFiles(),
    makeEngine: async (clock) => new ReferenceEngine(clock),
    exactEngine: true,
    crash: (files, random) => {
      const disk = files as FaultFiles;
      const mode = random() < 0.2 ? 'kept' : random() < 0.4 ? 'lost' : 'torn';
      disk.crashAt(disk.events + 1 + Math.floor(random() * CRASH_EVENTS_MAX));
      return {
        files: () => {
          disk.crashAt(0);
          return new FaultFiles({ image: disk.image(mode, random) });
        },
      };
    },
  });
  await run.run(20_000);
  for (const kind of ['write', 'query', 'scroll', 'configure', 'drop', 'restart', 'crash']) {
    expect(run.counts.get(kind), kind).toBeGreaterThan(40);
  }
});

test.each([
  ['native', 2000],
  ['wasm', 400],
] as const)(
  '%s core (or the next best) on real files agrees with it too, %i operations',
  { timeout: 120_000 },
  async (prefer, steps) => {
    const folder = mkdtempSync(join(tmpdir(), 'sextant-model-'));
    try {
      const run = new ModelRun({
        random: seededRandom(20_262),
        files: new RealFiles(folder),
        makeEngine: (clock) => openEngine({ threads: 1, clock, prefer }),
        exactEngine: false,
        crash: null,
      });
      await run.run(steps);
      expect(run.counts.get('restart')).toBeGreaterThan(steps / 400);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
