import { expect, test } from 'vitest';
import { nearestPlan } from '../../test/harness/open-test-shard.ts';
import { chooseStrategy } from './search.ts';
import type { VectorField } from './vector-field.ts';

const field = (linked: number, unlinked: number, change: { fullScanThreshold?: number } = {}): VectorField =>
  ({
    index: { linkedCount: linked, unlinkedCount: unlinked },
    kilobytes: (linked + unlinked) / 10,
    params: { efConstruct: 100, fullScanThreshold: 1000, codes: null, ...change },
  }) as unknown as VectorField;

const plan = nearestPlan([1, 1]);

test('an exact search is exact whatever there is', () => {
  expect(chooseStrategy(field(1_000_000, 0), { ...plan, exact: true }, null)).toBe('exact');
});

test('without a graph every candidate is scored', () => {
  expect(chooseStrategy(field(0, 1_000_000), plan, null)).toBe('plain');
  expect(chooseStrategy(field(0, 1_000_000), plan, 500_000)).toBe('plain');
});

test('without a filter the size decides', () => {
  expect(chooseStrategy(field(9_000, 0), plan, null)).toBe('plain');
  expect(chooseStrategy(field(11_000, 0), plan, null)).toBe('graph');
  expect(chooseStrategy(field(9_000, 0, { fullScanThreshold: 10 }), plan, null)).toBe('graph');
});

test('with a filter few matches are scored, many are walked to', () => {
  const large = field(1_000_000, 0);
  expect(chooseStrategy(large, plan, 1)).toBe('plain');
  expect(chooseStrategy(large, plan, 100)).toBe('plain');
  expect(chooseStrategy(large, plan, 500_000)).toBe('graph');
  expect(chooseStrategy(large, plan, 1_000_000)).toBe('graph');
});
