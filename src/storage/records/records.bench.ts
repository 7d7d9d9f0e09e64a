import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, describe } from 'vitest';
import { RealFiles } from '../files/real-files.ts';
import { openRecords } from './open-records.ts';
import type { Records } from './records.ts';

const OPTIONS = { time: 500, iterations: 4, warmupIterations: 1, warmupTime: 1 };

/** Two entries for each of `points` points: a small one and one of the size of a payload. */
function pointChanges(points: number): [Uint8Array, Uint8Array][] {
  const changes: [Uint8Array, Uint8Array][] = [];
  for (const [tag, size] of [
    [1, 12],
    [2, 250],
  ] as const) {
    for (let i = 0; i < points; i++) {
      const key = Buffer.alloc(9, tag);
      key.writeDoubleBE(i, 1);
      changes.push([key, new Uint8Array(size).fill(i)]);
    }
  }
  return changes;
}

describe('LMDB records', () => {
  for (const points of [30_000, 100_000]) {
    const changes = pointChanges(points);
    let folder = '';
    let records: Records;
    const setup = async () => {
      folder = await mkdtemp(join(tmpdir(), 'sextant-records-bench-'));
      records = await openRecords(new RealFiles(folder), 'records');
      await records.commit(changes);
    };
    const teardown = async () => {
      await records.close();
      await rm(folder, { recursive: true, force: true });
    };
    bench(`commit ${points} x (9 + 12) and ${points} x (9 + 250)`, () => records.commit(changes), {
      ...OPTIONS,
      setup,
      teardown,
    });
    bench(
      `get ${points} x 250`,
      () => {
        for (let i = points; i < 2 * points; i++) records.get(changes[i]![0]);
      },
      { ...OPTIONS, setup, teardown },
    );
  }
});
