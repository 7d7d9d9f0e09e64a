import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText, TextTable, textSize } from './text-table.ts';

const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ÿ', 'Ā', '日本', '\ud800'),
  fc.string({ maxLength: 3 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.nat(500).map((n) => `value-${n}`),
);

describe('a text table', () => {
  it('behaves as a map between texts and codes that gives free codes again', { timeout: 60_000 }, () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'add', 'add', 'bytes', 'delete', 'find'), text });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const table = new TextTable();
        const model = new Map<string, number>();
        for (const { kind, text: one } of steps) {
          const known = model.get(one);
          expect(table.find(one)).toBe(known ?? -1);
          if (kind === 'find') continue;
          if (kind === 'delete') {
            if (known !== undefined) table.delete(known);
            model.delete(one);
            continue;
          }
          const code = kind === 'add' ? table.codeOf(one) : copied(table, one);
          if (known !== undefined) expect(code).toBe(known);
          else expect([...model.values()]).not.toContain(code);
          model.set(one, code);
        }
        for (const [one, code] of model) expect(table.textOf(code)).toBe(one);
      }),
    );
  });

  it('keeps codes dense and its arena small while texts come and go', () => {
    const table = new TextTable();
    let highest = 0;
    for (let i = 0; i < 50_000; i++) {
      highest = Math.max(highest, table.codeOf(`text number ${i}`));
      if (i >= 10) table.delete(table.find(`text number ${i - 10}`));
    }
    expect(highest).toBe(10);
    expect(table.textOf(table.find('text number 49999'))).toBe('text number 49999');
  });

  it('holds many texts', () => {
    const table = new TextTable();
    const codes = Array.from({ length: 30_000 }, (_, i) => table.codeOf(`t${i}`));
    expect(codes).toEqual([...codes.keys()]);
    expect(codes.map((_, i) => table.find(`t${i}`))).toEqual(codes);
    expect(table.find('t30000')).toBe(-1);
  });

  it('finds texts that were chosen to collide', () => {
    const table = new TextTable();
    const colliding: string[] = [];
    for (let i = 0; colliding.length < 200; i++)
      if ((hashText(`t${i}`, 0) & 511) === 0) colliding.push(`t${i}`);
    for (const [code, one] of colliding.entries()) expect(table.codeOf(one)).toBe(code);
    for (const [code, one] of colliding.entries()) expect(table.find(one)).toBe(code);
    expect(table.find('none of them')).toBe(-1);
  });
});

/** Takes the text into the table as bytes that come from another one. */
function copied(table: TextTable, one: string): number {
  const other = new TextTable();
  const code = other.codeOf(one);
  const head = other.headOf(code);
  const bytes = new Uint8Array(textSize(head) + 3);
  other.copyTo(code, bytes, 3);
  return table.codeOfBytes(bytes, 3, head);
}
