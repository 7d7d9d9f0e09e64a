import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FaultFiles } from '../files/fault-files.ts';
import { MemoryFiles } from '../files/memory-files.ts';
import { RealFiles } from '../files/real-files.ts';
import { RECORD_HEADER_BYTES } from './format.ts';
import { contents, logContract } from './log-contract.ts';
import { openLog } from './wal.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

logContract('in memory', async () => {
  const files = new MemoryFiles();
  return { reopen: () => openLog(files, 'shard/wal'), tearDown: async () => {} };
});

logContract('small files and short reads', async () => {
  const files = new FaultFiles({ readMax: () => 4093 });
  return { reopen: () => openLog(files, 'shard/wal', { fileBytesMax: 300 }), tearDown: async () => {} };
});

logContract('real disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sextant-wal-'));
  const files = new RealFiles(folder);
  return {
    reopen: () => openLog(files, 'shard/wal', { fileBytesMax: 1000 }),
    tearDown: () => rm(folder, { recursive: true, force: true }),
  };
});

test('an untouched log makes no file, and may begin with any sequence', async () => {
  const files = new MemoryFiles();
  const log = await openLog(files, 'shard/wal', { firstSequence: 17 });
  expect([log.firstSequence, log.nextSequence]).toEqual([17, 17]);
  await log.close();
  expect(await files.list('')).toEqual([]);
  const again = await openLog(files, 'shard/wal', { firstSequence: 18 });
  expect(again.append(text('a')).sequence).toBe(18);
  await again.close();
  expect(await files.list('shard/wal')).toEqual(['00000000000000000018.wal']);
  expect((await openLog(files, 'shard/wal', { firstSequence: 5 })).nextSequence).toBe(19);
});

test('one sync serves all that waits', async () => {
  const files = new FaultFiles();
  let syncs = 0;
  files.onEvent = (_, kind) => {
    if (kind === 'sync') syncs++;
  };
  const log = await openLog(files, 'wal');
  await log.append(text('first')).durable;
  syncs = 0;
  const many = Array.from({ length: 100 }, () => log.append(text('record')).durable);
  expect(log.pendingBytes).toBe(100 * (RECORD_HEADER_BYTES + 6));
  await many[99];
  expect(syncs).toBe(1);
  expect(log.pendingBytes).toBe(0);
});

test('full files go with a truncation, also the last, after the next was begun', async () => {
  const files = new MemoryFiles();
  const log = await openLog(files, 'wal', { fileBytesMax: 100 });
  for (let i = 1; i <= 10; i++) await log.append(text(`record ${i}`)).durable;
  expect(await files.list('wal')).toHaveLength(4);
  await log.truncateBelow(6);
  expect(log.firstSequence).toBe(4);
  await log.truncateBelow(11);
  expect(log.firstSequence).toBe(10);
  await log.append(text('x'.repeat(100))).durable;
  await log.truncateBelow(12);
  expect([log.firstSequence, log.nextSequence, log.bytes]).toEqual([12, 12, 0]);
  expect(await files.list('wal')).toHaveLength(1);
  await log.close();
  const again = await openLog(files, 'wal');
  expect([again.firstSequence, again.nextSequence]).toEqual([12, 12]);
});

test('too much waiting for the disk is refused, with its sequence not used', async () => {
  const log = await openLog(new MemoryFiles(), 'wal', { pendingBytesMax: 100 });
  const first = log.append(new Uint8Array(500));
  const second = log.append(text('b'));
  await expect(second.durable).rejects.toMatchObject({ kind: 'unavailable' });
  await first.durable;
  expect(log.append(text('c')).sequence).toBe(2);
  await log.close();
  expect(log.nextSequence).toBe(3);
});

for (const kind of ['write', 'sync'] as const) {
  test(`after a failed ${kind} nothing is taken any more, and reopening has what was durable`, async () => {
    const files = new FaultFiles();
    const log = await openLog(files, 'wal');
    await log.append(text('good')).durable;
    files.failNth(kind, 1, kind === 'write' ? 'ENOSPC' : 'EIO');
    const failing = log.append(text('lost'));
    await expect(failing.durable).rejects.toMatchObject({ kind: 'unavailable', message: /wal.*E(NOSPC|IO)/ });
    await expect(log.append(text('later')).durable).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(log.truncateBelow(2)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await contents(log)).toEqual(['1:good']);
    await log.close();
    const again = await openLog(new MemoryFiles({ image: files.image('lost', () => 0) }), 'wal');
    expect(await contents(again)).toEqual(['1:good']);
  });
}

test('a rotation that fails ends the log, since a half-made next file may be there', async () => {
  const files = new FaultFiles();
  const log = await openLog(files, 'wal', { fileBytesMax: 50 });
  await log.append(new Uint8Array(50)).durable;
  files.failNth('syncFolder', 1, 'EIO');
  await expect(log.truncateBelow(2)).rejects.toMatchObject({ kind: 'unavailable' });
  await expect(log.append(text('b')).durable).rejects.toMatchObject({ kind: 'unavailable' });
});
