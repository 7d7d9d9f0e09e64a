import { expect, test } from 'vitest';
import { MemoryFiles } from '../files/memory-files.ts';
import type { Log } from './log.ts';
import { openLog } from './wal.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function contents(log: Log, from = 0): Promise<string[]> {
  const out: string[] = [];
  for await (const { sequence, record } of log.read(from))
    out.push(`${sequence}:${new TextDecoder().decode(record)}`);
  return out;
}

test('an untouched log makes no file', async () => {
  const files = new MemoryFiles();
  const log = await openLog(files, 'shard/wal');
  expect([log.firstSequence, log.nextSequence, log.bytes]).toEqual([1, 1, 0]);
  expect(await contents(log)).toEqual([]);
  await log.close();
  expect(await files.exists('shard')).toBe(false);
});

test('records come back after a reopening, and appending goes on where it stopped', async () => {
  const files = new MemoryFiles();
  const log = await openLog(files, 'wal');
  expect(log.append(text('a')).sequence).toBe(1);
  await log.append(text('')).durable;
  await log.close();
  const again = await openLog(files, 'wal');
  expect(again.nextSequence).toBe(3);
  await again.append(text('c')).durable;
  expect(await contents(again)).toEqual(['1:a', '2:', '3:c']);
  expect(await contents(again, 2)).toEqual(['2:', '3:c']);
});

test('rotation and truncation drop whole files only', async () => {
  const files = new MemoryFiles();
  const log = await openLog(files, 'wal', { fileBytesMax: 100 });
  for (let i = 1; i <= 10; i++) await log.append(text(`record ${i}`)).durable;
  expect((await files.list('wal')).length).toBeGreaterThan(3);
  await log.truncateBelow(6);
  expect(log.firstSequence).toBeGreaterThan(1);
  expect(log.firstSequence).toBeLessThanOrEqual(6);
  await log.truncateBelow(11);
  // The last file is not full and stays; a full one goes, after the next was begun.
  expect([log.firstSequence, log.nextSequence]).toEqual([10, 11]);
  await log.append(text('x'.repeat(100))).durable;
  await log.truncateBelow(12);
  expect([log.firstSequence, log.nextSequence, log.bytes]).toEqual([12, 12, 0]);
  await log.close();
  const again = await openLog(files, 'wal');
  expect([again.firstSequence, again.nextSequence]).toEqual([12, 12]);
});
