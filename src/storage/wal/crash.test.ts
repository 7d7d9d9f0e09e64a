import { expect, test } from 'vitest';
import { type Random, seededRandom } from '../../shared/seeded-random.ts';
import { type DiskImage, FaultFiles } from '../files/fault-files.ts';
import type { Log } from './log.ts';
import { openLog } from './wal.ts';

/** What the test knows at a moment of the run. */
interface Known {
  /** Text of every record given to the log so far, by sequence. */
  appended: Map<number, string>;
  /** Everything up to here was acknowledged. */
  acknowledged: number;
  /** Highest sequence of a truncation that has begun. */
  truncated: number;
}

interface Moment extends Known {
  event: number;
  image: DiskImage;
}

const OPTIONS = { fileBytesMax: 400 };

function recordText(random: Random, sequence: number): string {
  const length = random() < 0.1 ? Math.floor(random() * 3000) : Math.floor(random() * 60);
  return `${sequence} ${'abcdefghij'.repeat(Math.ceil(length / 10)).slice(0, length)}`;
}

/** Runs random appends, truncations and reopenings; takes what a crash would leave before each event. */
async function randomRun(random: Random, steps: number): Promise<Moment[]> {
  const files = new FaultFiles();
  const known: Known = { appended: new Map(), acknowledged: 0, truncated: 0 };
  const moments: Moment[] = [];
  files.onEvent = (event) => {
    for (const mode of ['lost', 'kept', 'torn', 'torn'] as const) {
      moments.push({ ...known, appended: new Map(known.appended), event, image: files.image(mode, random) });
    }
  };
  let log = await openLog(files, 'shard/wal', OPTIONS);
  for (let step = 0; step < steps; step++) {
    const choice = random();
    if (choice < 0.8) {
      const count = random() < 0.5 ? 1 : 1 + Math.floor(random() * 6);
      const waits: Promise<void>[] = [];
      for (let i = 0; i < count; i++) {
        const value = recordText(random, log.nextSequence);
        known.appended.set(log.nextSequence, value);
        const { sequence, durable } = log.append(Buffer.from(value));
        waits.push(
          durable.then(() => {
            known.acknowledged = Math.max(known.acknowledged, sequence);
          }),
        );
      }
      if (random() < 0.7) await Promise.all(waits);
    } else if (choice < 0.93) {
      const below = Math.floor(random() * (known.acknowledged + 2));
      known.truncated = Math.max(known.truncated, below);
      await log.truncateBelow(below);
    } else {
      await log.close();
      log = await openLog(files, 'shard/wal', OPTIONS);
    }
  }
  await log.close();
  return moments;
}

/** The log after a crash: an exact prefix of what was appended, with all that was acknowledged in it. */
async function checkLog(log: Log, known: Known): Promise<void> {
  expect(log.nextSequence).toBeGreaterThan(known.acknowledged);
  expect(log.nextSequence - 1).toBeLessThanOrEqual(Math.max(known.appended.size, known.acknowledged));
  expect(log.firstSequence).toBeLessThanOrEqual(Math.max(1, known.truncated));
  let expected = log.firstSequence;
  for await (const { sequence, record } of log.read(0)) {
    if (sequence !== expected || Buffer.from(record).toString() !== known.appended.get(sequence)) {
      throw new Error(`record ${sequence} is not what was appended as ${expected}`);
    }
    expected++;
  }
  expect(expected).toBe(log.nextSequence);
}

for (let seed = 1; seed <= 12; seed++) {
  test(`a crash at any event loses nothing acknowledged and invents nothing (seed ${seed})`, async () => {
    const random = seededRandom(seed);
    const moments = await randomRun(random, 40);
    expect(moments.length).toBeGreaterThan(150);
    for (const moment of moments) {
      try {
        const readMax = random() < 0.2 ? () => 1 + Math.floor(random() * 50) : () => 1 << 20;
        const files = new FaultFiles({ image: moment.image, readMax });
        // A second crash, at any event of the recovery from the first.
        const again: DiskImage[] = [];
        files.onEvent = () => again.push(files.image('lost', random), files.image('torn', random));
        const log = await openLog(files, 'shard/wal', OPTIONS);
        await checkLog(log, moment);
        const next = log.nextSequence;
        const appended = new Map([...moment.appended].filter(([sequence]) => sequence < next)).set(
          next,
          'after',
        );
        files.onEvent = null;
        await log.append(Buffer.from('after')).durable;
        await log.close();
        const image = files.image('lost', random);
        const reopened = await openLog(new FaultFiles({ image }), 'shard/wal', OPTIONS);
        await checkLog(reopened, { appended, acknowledged: next, truncated: moment.truncated });
        for (const second of again) {
          await checkLog(await openLog(new FaultFiles({ image: second }), 'shard/wal', OPTIONS), moment);
        }
      } catch (error) {
        throw new Error(`after a crash at event ${moment.event}`, { cause: error });
      }
    }
  });
}

test('what a killed process had written is on the disk once the next one has opened the log', async () => {
  for (let event = 1; event <= 60; event++) {
    const random = seededRandom(event);
    const files = new FaultFiles();
    files.crashAt(event);
    const appended = new Map<number, string>();
    const log = await openLog(files, 'shard/wal', { fileBytesMax: 150 });
    for (let i = 1; i <= 12; i++) {
      appended.set(i, `record ${i}`);
      await log.append(Buffer.from(`record ${i}`)).durable.catch(() => {});
    }
    files.restart();
    const next = await openLog(files, 'shard/wal', { fileBytesMax: 150 });
    const known = { appended, acknowledged: next.nextSequence - 1, truncated: 0 };
    await checkLog(next, known);
    if (known.acknowledged > 0) {
      const image = files.image('lost', random);
      await checkLog(await openLog(new FaultFiles({ image }), 'shard/wal', { fileBytesMax: 150 }), known);
    }
    appended.set(next.nextSequence, 'after');
    await next.append(Buffer.from('after')).durable;
    for (const mode of ['lost', 'torn', 'torn'] as const) {
      const image = files.image(mode, random);
      const last = await openLog(new FaultFiles({ image }), 'shard/wal', { fileBytesMax: 150 });
      await checkLog(last, { appended, acknowledged: known.acknowledged + 1, truncated: 0 });
    }
  }
});

test('a write or sync that fails at any place acknowledges nothing that is not there later', async () => {
  for (const kind of ['write', 'sync', 'syncFolder', 'create'] as const) {
    for (let nth = 1; nth <= 12; nth++) {
      const random = seededRandom(nth);
      const files = new FaultFiles();
      files.failNth(kind, nth, random() < 0.5 ? 'EIO' : 'ENOSPC');
      const log = await openLog(files, 'shard/wal', { fileBytesMax: 100 });
      const known: Known = { appended: new Map(), acknowledged: 0, truncated: 0 };
      for (let i = 1; i <= 12; i++) {
        known.appended.set(i, `record ${i}`);
        const { durable } = log.append(Buffer.from(`record ${i}`));
        const failed = await durable.then(
          () => false,
          () => true,
        );
        if (failed) break;
        known.acknowledged = i;
      }
      await log.close();
      for (const mode of ['lost', 'kept', 'torn', 'torn'] as const) {
        const image = files.image(mode, random);
        await checkLog(await openLog(new FaultFiles({ image }), 'shard/wal', { fileBytesMax: 100 }), known);
      }
    }
  }
});
