import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBlock, encodeBlock } from './block-codec.ts';
import { BLOCK_SLOTS, ColumnBlock, FLAG } from './column-block.ts';
import { TextTable } from './text-table.ts';

const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }),
);

const slots = <T>(value: fc.Arbitrary<T>) =>
  fc.array(
    fc.record({
      at: fc.nat(BLOCK_SLOTS - 1),
      flags: fc.nat(15),
      count: fc.nat(255),
      list: fc.array(value, { maxLength: 40 }),
    }),
    { maxLength: 120 },
  );

function fill(
  rows: readonly { at: number; flags: number; count: number; list: number[] }[],
  numbers: boolean,
): ColumnBlock {
  const block = new ColumnBlock(numbers);
  for (const { at, flags, count, list } of rows) {
    block.set(at, list.length > 0 ? flags | FLAG.indexed : flags, count, list);
  }
  return block;
}

/** Slot, flags, count and values of each slot of which something is known. */
function rowsOf(block: ColumnBlock, show: (value: number) => unknown): unknown[] {
  const rows: unknown[] = [];
  for (let at = 0; at < BLOCK_SLOTS; at++) {
    const values: unknown[] = [];
    block.forEachAt(at, (value) => values.push(show(value)));
    if (block.flags[at] !== 0 || block.counts[at] !== 0)
      rows.push([at, block.flags[at], block.counts[at], values]);
  }
  return rows;
}

describe('a block of a column', () => {
  it('keeps what was last set at each slot', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(slots(number), (rows) => {
        const model = new Map(rows.map((row) => [row.at, row.list]));
        const block = fill(rows, true);
        for (const [at, list] of model) {
          const values: number[] = [];
          block.forEachAt(at, (value) => values.push(value));
          expect(values).toEqual(list);
        }
      }),
    );
  });

  it('packs the lists away that were replaced', () => {
    const block = new ColumnBlock(true);
    for (let i = 0; i < 10_000; i++)
      block.set(
        i % 2,
        FLAG.indexed,
        1,
        Array.from({ length: 2 + (i % 30) }, (_, j) => i + j),
      );
    expect(block.extra.length).toBeLessThan(1000);
    const values: number[] = [];
    block.forEachAt(1, (value) => values.push(value));
    expect(values).toEqual(Array.from({ length: 2 + (9999 % 30) }, (_, j) => 9999 + j));
  });

  it('comes back from its bytes: numbers', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(slots(number), (rows) => {
        const block = fill(rows, true);
        const bytes = encodeBlock(block, null);
        const back = bytes === null ? new ColumnBlock(true) : decodeBlock(Uint8Array.from(bytes), null, 'f');
        expect(rowsOf(back, (value) => value + 0)).toEqual(rowsOf(block, (value) => value + 0));
      }),
    );
  });

  it('comes back from its bytes: texts', { timeout: 60_000 }, () => {
    const text = fc.oneof(
      fc.constantFrom('a', '', 'é', '日本', '\ud800', 'b'),
      fc.string({ unit: 'binary', maxLength: 50 }),
    );
    fc.assert(
      fc.property(slots(text), (rows) => {
        const dictionary = new TextTable();
        const block = fill(
          rows.map((row) => ({ ...row, list: row.list.map((one) => dictionary.codeOf(one)) })),
          false,
        );
        const bytes = encodeBlock(block, dictionary);
        const other = new TextTable();
        other.codeOf('already here');
        const back =
          bytes === null ? new ColumnBlock(false) : decodeBlock(Uint8Array.from(bytes), other, 'f');
        expect(rowsOf(back, (code) => other.textOf(code))).toEqual(
          rowsOf(block, (code) => dictionary.textOf(code)),
        );
      }),
    );
  });

  it('is refused when any byte changed or bytes are missing', () => {
    const bytes = Uint8Array.from(
      encodeBlock(fill([{ at: 7, flags: 0, count: 1, list: [1, 2] }], true), null)!,
    );
    for (let i = 0; i < bytes.length; i++) {
      const damaged = bytes.slice();
      damaged[i]! ^= 1;
      expect(() => decodeBlock(damaged, null, 'f')).toThrow('payload index f is damaged on disk');
      expect(() => decodeBlock(bytes.slice(0, i), null, 'f')).toThrow('payload index f is damaged on disk');
    }
  });
});
