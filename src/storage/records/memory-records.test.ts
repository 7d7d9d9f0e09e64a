import { expect, test } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { type DiskImage, FaultFiles } from '../files/fault-files.ts';
import { MemoryFiles } from '../files/memory-files.ts';
import { openRecords } from './open-records.ts';
import type { Records } from './records.ts';

const FROM = Uint8Array.of(0);
const TO = Uint8Array.of(255, 255);

const stateOf = (records: Records): string =>
  [...records.range({ from: FROM, to: TO })]
    .map(({ key, value }) => `${key.join('.')}=${Buffer.from(value).toString('hex')}`)
    .join(' ');

test('a crash at any event leaves exactly one of the committed states, the acknowledged or a later one', async () => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = seededRandom(seed);
    const files = new FaultFiles();
    const states = [''];
    let acknowledged = 0;
    const moments: { image: DiskImage; acknowledged: number; states: number }[] = [];
    files.onEvent = () => {
      for (const mode of ['lost', 'kept', 'torn', 'torn'] as const) {
        moments.push({ image: files.image(mode, random), acknowledged, states: states.length });
      }
    };
    const model = new Map<number, number>();
    const records = await openRecords(files, 'shard/records');
    for (let i = 0; i < 20; i++) {
      const changes = Array.from({ length: 1 + Math.floor(random() * 6) }, () => {
        const key = Math.floor(random() * 12);
        const size = random() < 0.3 ? null : Math.floor(random() * 200);
        if (size === null) model.delete(key);
        else model.set(key, size);
        return [Uint8Array.of(key + 1), size === null ? null : new Uint8Array(size).fill(size)] as const;
      });
      states.push(
        [...model]
          .sort((a, b) => a[0] - b[0])
          .map(([key, size]) => `${key + 1}=${Buffer.alloc(size, size).toString('hex')}`)
          .join(' '),
      );
      await records.commit(changes);
      acknowledged = i + 1;
      expect(stateOf(records)).toBe(states[i + 1]);
    }
    for (const moment of moments) {
      const again = new FaultFiles({ image: moment.image });
      const after = await openRecords(again, 'shard/records');
      const found = states.slice(moment.acknowledged, moment.states).indexOf(stateOf(after));
      expect(found).toBeGreaterThanOrEqual(0);
      await after.commit([[Uint8Array.of(200), Uint8Array.of(1)]]);
      const last = await openRecords(new FaultFiles({ image: again.image('lost', random) }), 'shard/records');
      expect(last.get(Uint8Array.of(200))).toEqual(Uint8Array.of(1));
    }
  }
});

test('the file is rewritten when most of it is out of date', async () => {
  const files = new MemoryFiles();
  const records = await openRecords(files, 'records');
  for (let i = 0; i < 10; i++) await records.commit([[Uint8Array.of(1), new Uint8Array(300_000).fill(i)]]);
  expect((await files.read('records/records.log')).length).toBeLessThan(1_300_000);
  await records.commit([[Uint8Array.of(2), Uint8Array.of(2)]]);
  const again = await openRecords(files, 'records');
  expect(again.get(Uint8Array.of(1))).toEqual(new Uint8Array(300_000).fill(9));
  expect(again.get(Uint8Array.of(2))).toEqual(Uint8Array.of(2));
});

test('a flipped byte before the last batch is refused, in the last it is cut', async () => {
  const files = new MemoryFiles();
  const records = await openRecords(files, 'records');
  for (let i = 1; i <= 3; i++) await records.commit([[Uint8Array.of(i), Uint8Array.of(i)]]);
  const good = await files.read('records/records.log');
  const lastBatch = good.length - 24;
  for (let at = 0; at < good.length; at++) {
    const bad = Uint8Array.from(good);
    bad[at]! ^= 0x10;
    const image = { files: new Map([['records/records.log', bad]]), folders: new Set(['records']) };
    const opening = openRecords(new MemoryFiles({ image }), 'records');
    if (at < lastBatch) {
      await expect(opening).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('records/records.log'),
      });
    } else {
      expect(stateOf(await opening)).toBe('1=01 2=02');
    }
  }
});

test('after a failed sync nothing is taken any more, and reads still see the last commit', async () => {
  const files = new FaultFiles();
  const records = await openRecords(files, 'records');
  await records.commit([[Uint8Array.of(1), Uint8Array.of(1)]]);
  files.failNth('sync', 1, 'EIO');
  const change = [Uint8Array.of(1), Uint8Array.of(2)] as const;
  await expect(records.commit([change])).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(records.commit([change])).rejects.toMatchObject({ kind: 'unavailable' });
  expect(records.get(Uint8Array.of(1))).toEqual(Uint8Array.of(1));
});
