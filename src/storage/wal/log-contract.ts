import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Log } from './log.ts';

/** Makes a log that is there again after `reopen`. */
export interface LogSetUp {
  reopen(): Promise<Log>;
  tearDown(): Promise<void>;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** `sequence:text` of each record from `from` on. */
export async function contents(log: Log, from = 0): Promise<string[]> {
  const out: string[] = [];
  for await (const { sequence, record } of log.read(from)) {
    out.push(`${sequence}:${new TextDecoder().decode(record)}`);
  }
  return out;
}

/** What every version of `Log` must do. */
export function logContract(name: string, setUp: () => Promise<LogSetUp>): void {
  describe(`log: ${name}`, () => {
    let made: LogSetUp;
    let log: Log;
    beforeEach(async () => {
      made = await setUp();
      log = await made.reopen();
    });
    afterEach(async () => {
      await log.close();
      await made.tearDown();
    });
    const reopen = async (): Promise<void> => {
      await log.close();
      log = await made.reopen();
    };

    test('an untouched log is empty and begins with 1', async () => {
      expect([log.firstSequence, log.nextSequence, log.bytes]).toEqual([1, 1, 0]);
      expect(await contents(log)).toEqual([]);
    });

    test('sequences rise by one in call order, and the records come back in it', async () => {
      const appended = ['a', '', 'c'].map((value) => log.append(text(value)));
      expect(appended.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      await appended[2]!.durable;
      expect(await contents(log)).toEqual(['1:a', '2:', '3:c']);
      expect(await contents(log, 2)).toEqual(['2:', '3:c']);
      expect(await contents(log, 4)).toEqual([]);
      expect(log.bytes).toBeGreaterThan(2);
    });

    test('records and numbering survive a reopening', async () => {
      for (const value of ['a', 'b']) await log.append(text(value)).durable;
      await reopen();
      expect([log.firstSequence, log.nextSequence]).toEqual([1, 3]);
      await log.append(text('c')).durable;
      await reopen();
      expect(await contents(log)).toEqual(['1:a', '2:b', '3:c']);
    });

    test('close waits for what was appended, and refuses what comes after', async () => {
      const { durable } = log.append(text('a'));
      await log.close();
      await durable;
      await expect(log.append(text('b')).durable).rejects.toMatchObject({ kind: 'unavailable' });
      await reopen();
      expect(await contents(log)).toEqual(['1:a']);
    });

    test('a large record comes back whole', async () => {
      const large = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 7 + (i >> 9)) & 255);
      await Promise.all([text('before'), large, text('after')].map((record) => log.append(record).durable));
      await reopen();
      const found = [];
      for await (const { record } of log.read(1)) found.push(record);
      expect(found.map((record) => record.length)).toEqual([6, large.length, 5]);
      expect(Buffer.compare(found[1]!, large)).toBe(0);
    });

    test('truncation keeps everything from the sequence on, and the numbering', async () => {
      const all = Array.from({ length: 40 }, (_, i) => `record ${i + 1} ${'x'.repeat(50)}`);
      for (const value of all) await log.append(text(value)).durable;
      await log.truncateBelow(21);
      expect(log.firstSequence).toBeLessThanOrEqual(21);
      expect(await contents(log, 21)).toEqual(all.slice(20).map((value, i) => `${i + 21}:${value}`));
      await log.truncateBelow(41);
      await reopen();
      expect(log.nextSequence).toBe(41);
      await log.append(text('next')).durable;
      expect((await contents(log)).at(-1)).toBe('41:next');
    });

    test('appending goes on while a read is under way', async () => {
      for (let i = 0; i < 20; i++) await log.append(text(String(i))).durable;
      const seen: number[] = [];
      for await (const { sequence } of log.read(1)) {
        seen.push(sequence);
        if (sequence <= 20) await log.append(text('x'.repeat(40))).durable;
      }
      expect(seen.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(seen).toEqual(seen.map((_, i) => i + 1));
    });
  });
}
