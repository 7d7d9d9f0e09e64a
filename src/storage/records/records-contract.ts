import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Records } from './records.ts';

/** Makes records that are there again after `reopen`. */
export interface RecordsSetUp {
  reopen(): Promise<Records>;
  tearDown(): Promise<void>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const LOWEST = bytes(0);
const HIGHEST = bytes(255, 255, 255, 255, 255);

/** What every version of `Records` must do. */
export function recordsContract(name: string, setUp: () => Promise<RecordsSetUp>): void {
  describe(`records: ${name}`, () => {
    let made: RecordsSetUp;
    let records: Records;
    beforeEach(async () => {
      made = await setUp();
      records = await made.reopen();
    });
    afterEach(async () => {
      await records.close();
      await made.tearDown();
    });

    test('untouched records are empty', () => {
      expect(records.get(bytes(1))).toBeUndefined();
      expect([...records.range({ from: LOWEST, to: HIGHEST })]).toEqual([]);
    });

    test('a commit is visible at once, and after a reopening', async () => {
      await records.commit([
        [bytes(1, 2), bytes(3)],
        [bytes(1), bytes()],
      ]);
      for (const reopened of [false, true]) {
        if (reopened) {
          await records.close();
          records = await made.reopen();
        }
        expect(records.get(bytes(1, 2))).toEqual(bytes(3));
        expect(records.get(bytes(1))).toEqual(bytes());
        expect(records.get(bytes(1, 2, 3))).toBeUndefined();
      }
    });

    test('the last entry of a key wins', async () => {
      await records.commit([
        [bytes(1), bytes(1)],
        [bytes(1), null],
        [bytes(2), null],
        [bytes(2), bytes(2)],
        [bytes(2), bytes(3)],
      ]);
      expect(records.get(bytes(1))).toBeUndefined();
      expect(records.get(bytes(2))).toEqual(bytes(3));
    });

    test('what a read returned belongs to the caller', async () => {
      await records.commit([[bytes(1), bytes(7, 7)]]);
      const first = records.get(bytes(1))!;
      await records.commit([[bytes(1), bytes(8, 8)]]);
      records.get(bytes(1))!.fill(9);
      for (const entry of records.range({ from: bytes(1), to: bytes(2) })) {
        entry.key.fill(0);
        entry.value.fill(0);
      }
      expect(first).toEqual(bytes(7, 7));
      expect(records.get(bytes(1))).toEqual(bytes(8, 8));
    });

    test('values of every size come back whole', async () => {
      const sizes = [0, 1, 100, 2000, 4096, 32767, 32768, 32769, 100_000, 3_000_000];
      const made = sizes.map((size, i) => Uint8Array.from({ length: size }, (_, at) => (at * 31 + i) & 255));
      await records.commit(made.map((value, i) => [bytes(i + 1), value]));
      const read = sizes.map((_, i) => records.get(bytes(i + 1))!);
      for (const [i, value] of read.entries()) {
        expect(value.length).toBe(sizes[i]);
        expect(Buffer.compare(value, made[i]!)).toBe(0);
      }
      const ranged = [...records.range({ from: LOWEST, to: HIGHEST })];
      for (const [i, { value }] of ranged.entries()) expect(Buffer.compare(value, made[i]!)).toBe(0);
    });

    test('a key without bytes, or with too many, is refused and changes nothing', async () => {
      for (const key of [bytes(), new Uint8Array(501)]) {
        expect(() => records.get(key)).toThrow('key');
        await expect(
          records.commit([
            [bytes(5), bytes(1)],
            [key, bytes(1)],
          ]),
        ).rejects.toThrow('key');
      }
      expect(records.get(bytes(5))).toBeUndefined();
      await records.commit([[new Uint8Array(500).fill(255), bytes(1)]]);
      expect(records.get(new Uint8Array(500).fill(255))).toEqual(bytes(1));
    });

    test('a range left early leaves nothing locked', async () => {
      await records.commit([1, 2, 3].map((key) => [bytes(key), bytes(key)]));
      for (const { key } of records.range({ from: LOWEST, to: HIGHEST })) {
        expect(key).toEqual(bytes(1));
        break;
      }
      await records.commit([[bytes(1), null]]);
      expect([...records.range({ from: LOWEST, to: HIGHEST })].map(({ key }) => key[0])).toEqual([2, 3]);
    });

    test('closed records refuse', async () => {
      await records.commit([[bytes(1), bytes(1)]]);
      await records.close();
      await records.close();
      expect(() => records.get(bytes(1))).toThrow('closed');
      await expect(records.commit([[bytes(1), bytes(1)]])).rejects.toThrow('closed');
    });

    test('random commits and ranges agree with a sorted list', async () => {
      const keyOf = fc.uint8Array({ minLength: 1, maxLength: 3, max: 3 });
      const change = fc.tuple(keyOf, fc.option(fc.uint8Array({ maxLength: 20 }), { freq: 3 }));
      const range = fc.record({
        from: keyOf,
        to: keyOf,
        reverse: fc.boolean(),
        limit: fc.option(fc.nat(6), { nil: undefined }),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(change, { maxLength: 12 }), { maxLength: 4 }),
          fc.array(range, { maxLength: 8 }),
          async (commits, ranges) => {
            const all = [...records.range({ from: LOWEST, to: HIGHEST })];
            await records.commit(all.map(({ key }) => [key, null]));
            const model = new Map<string, Uint8Array>();
            for (const changes of commits) {
              await records.commit(changes);
              for (const [key, value] of changes) {
                if (value === null) model.delete(Buffer.from(key).toString('hex'));
                else model.set(Buffer.from(key).toString('hex'), value);
              }
            }
            for (const { from, to, reverse, limit } of ranges) {
              const low = Buffer.from(from).toString('hex');
              const high = Buffer.from(to).toString('hex');
              let keys = [...model.keys()].filter((key) => key >= low && key < high).sort();
              if (reverse) keys.reverse();
              keys = keys.slice(0, limit ?? keys.length);
              const found = [
                ...records.range({ from, to, reverse, ...(limit === undefined ? {} : { limit }) }),
              ];
              expect(found).toEqual(
                keys.map((key) => ({ key: new Uint8Array(Buffer.from(key, 'hex')), value: model.get(key) })),
              );
            }
            for (const [key, value] of model) expect(records.get(Buffer.from(key, 'hex'))).toEqual(value);
          },
        ),
        { numRuns: 40, seed: 1 },
      );
    });
  });
}
