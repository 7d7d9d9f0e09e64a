import { describe, expect, it } from 'vitest';
import { qpsAtRecall, recallRows, type SearchRow } from './rows.ts';
import { table } from './tables.ts';

const row = (engine: SearchRow['engine'], ef: number, recall: number, qps: number): SearchRow => ({
  kind: 'search',
  engine,
  ef,
  recall,
  qps,
  distances: null,
  buildSeconds: 1,
  peakRssMb: 1,
});

describe('qpsAtRecall', () => {
  const rows = [row('sextant', 16, 0.8, 4000), row('sextant', 32, 0.9, 2000), row('sextant', 64, 1, 500)];

  it('is the geometric way between the rows around the recall', () => {
    expect(qpsAtRecall(rows, 0.9)).toBeCloseTo(2000);
    expect(qpsAtRecall(rows, 0.95)).toBeCloseTo(1000);
    expect(qpsAtRecall(rows, 0.85)).toBeCloseTo(Math.sqrt(4000 * 2000));
  });

  it('guesses nothing outside of what was measured', () => {
    expect(qpsAtRecall(rows, 0.5)).toBe(4000);
    expect(qpsAtRecall(rows.slice(0, 2), 0.95)).toBeNull();
    expect(qpsAtRecall([], 0.9)).toBeNull();
  });
});

it('recallRows gives ratios to the engines that reach the recall', () => {
  const rows = [row('sextant', 16, 0.9, 3000), row('hnswlib', 16, 0.9, 1000), row('usearch', 16, 0.8, 9000)];
  expect(recallRows(rows, [0.9])).toEqual([
    { kind: 'atRecall', recall: 0.9, engine: 'sextant', qps: 3000, ratios: { hnswlib: 3 } },
    { kind: 'atRecall', recall: 0.9, engine: 'hnswlib', qps: 1000, ratios: { sextant: 1 / 3 } },
    { kind: 'atRecall', recall: 0.9, engine: 'usearch', qps: null, ratios: {} },
  ]);
});

it('table aligns its columns and writes nothing for no rows', () => {
  expect(
    table(
      ['a', 'long'],
      [
        [1, null],
        ['xyz', 2],
      ],
    ),
  ).toBe('  a  long\n  1     -\nxyz     2\n\n');
  expect(table(['a'], [])).toBe('');
});
