import { beforeEach, expect, test } from 'vitest';
import { MemoryFiles } from '../files/memory-files.ts';
import { FILE_HEADER_BYTES, RECORD_HEADER_BYTES } from './format.ts';
import { contents } from './log-contract.ts';
import { openLog } from './wal.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const FIRST = 'wal/00000000000000000001.wal';
const SECOND = 'wal/00000000000000000004.wal';

/** Records 1-3 in the first file and 4-6 in the second, each synced alone. */
let healthy: Map<string, Uint8Array>;
beforeEach(async () => {
  const files = new MemoryFiles();
  const log = await openLog(files, 'wal', { fileBytesMax: 3 * 30 + FILE_HEADER_BYTES });
  for (let i = 1; i <= 6; i++) await log.append(text(`rec ${i} `)).durable;
  await log.close();
  expect(await files.list('wal')).toEqual([FIRST.slice(4), SECOND.slice(4)]);
  healthy = new Map([
    [FIRST, await files.read(FIRST)],
    [SECOND, await files.read(SECOND)],
  ]);
});

const open = (changed: Map<string, Uint8Array>) =>
  openLog(new MemoryFiles({ image: { files: changed, folders: new Set(['wal']) } }), 'wal');

const lastRecordAt = (): number => FILE_HEADER_BYTES + 2 * (RECORD_HEADER_BYTES + 6);

test('every flipped bit is noticed: refused with file and offset, or in the last record, which is cut', async () => {
  for (const path of [FIRST, SECOND]) {
    const good = healthy.get(path)!;
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Uint8Array.from(good);
      bad[bit >> 3]! ^= 1 << (bit & 7);
      const opening = open(new Map(healthy).set(path, bad));
      if (path === SECOND && bit >> 3 >= lastRecordAt()) {
        expect(await contents(await opening)).toEqual([1, 2, 3, 4, 5].map((i) => `${i}:rec ${i} `));
      } else {
        await expect(opening).rejects.toMatchObject({
          kind: 'unavailable',
          message: expect.stringMatching(`${path}.* byte \\d+`),
        });
      }
    }
  }
});

test('a tail cut at any byte gives the whole records before it, and goes on after them', async () => {
  const good = healthy.get(SECOND)!;
  for (let length = FILE_HEADER_BYTES; length < good.length; length++) {
    const files = new MemoryFiles({
      image: { files: new Map(healthy).set(SECOND, good.subarray(0, length)), folders: new Set(['wal']) },
    });
    const log = await openLog(files, 'wal');
    const whole = 3 + Math.floor((length - FILE_HEADER_BYTES) / (RECORD_HEADER_BYTES + 6));
    expect(log.nextSequence).toBe(whole + 1);
    expect(log.cut === null).toBe((length - FILE_HEADER_BYTES) % (RECORD_HEADER_BYTES + 6) === 0);
    await log.append(text('new')).durable;
    await log.close();
    expect((await contents(await openLog(files, 'wal'))).slice(whole - 1)).toEqual([
      `${whole}:rec ${whole} `,
      `${whole + 1}:new`,
    ]);
  }
});

test('zeros and stale bytes behind the tail are cut', async () => {
  const good = healthy.get(SECOND)!;
  const stale = good.subarray(FILE_HEADER_BYTES);
  for (const behind of [new Uint8Array(5000), stale, stale.subarray(7), new Uint8Array(3).fill(255)]) {
    const log = await open(new Map(healthy).set(SECOND, Buffer.concat([good, behind])));
    expect(log.nextSequence).toBe(7);
    expect(log.cut).toEqual({ path: SECOND, offset: good.length, bytes: behind.length });
  }
});

test('a last file that never got its header is empty, and keeps the numbering', async () => {
  for (const header of [new Uint8Array(0), new Uint8Array(10), new Uint8Array(FILE_HEADER_BYTES)]) {
    const log = await open(new Map(healthy).set('wal/00000000000000000007.wal', header));
    expect([log.firstSequence, log.nextSequence]).toEqual([1, 7]);
    await log.append(text('rec 7 ')).durable;
    expect(await contents(log, 6)).toEqual(['6:rec 6 ', '7:rec 7 ']);
    const alone = await open(new Map([['wal/00000000000000000007.wal', header]]));
    expect([alone.firstSequence, alone.nextSequence]).toEqual([7, 7]);
  }
});

test('a missing file, or one that begins too late, is refused', async () => {
  const third = new MemoryFiles();
  const log = await openLog(third, 'wal', { firstSequence: 7 });
  await log.append(text('rec 7 ')).durable;
  const withThird = new Map(healthy).set(
    'wal/00000000000000000007.wal',
    await third.read('wal/00000000000000000007.wal'),
  );
  expect((await open(withThird)).nextSequence).toBe(8);
  withThird.delete(SECOND);
  await expect(open(withThird)).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining(FIRST),
  });
});

test('a whole record of another sequence is damage, not a record', async () => {
  const good = healthy.get(SECOND)!;
  const withoutFifth = Buffer.concat([
    good.subarray(0, FILE_HEADER_BYTES + RECORD_HEADER_BYTES + 6),
    good.subarray(lastRecordAt()),
  ]);
  await expect(open(new Map(healthy).set(SECOND, withoutFifth))).rejects.toMatchObject({
    kind: 'unavailable',
  });
});

test('files of other names are left alone', async () => {
  const log = await open(new Map(healthy).set('wal/notes.txt', text('x')).set('wal/1.wal', text('x')));
  expect(log.nextSequence).toBe(7);
});
