import { expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

it.each([
  ['', '', 0],
  ['a', '', 1],
  ['kitten', 'sitting', 3],
  ['abc', 'abc', 0],
  ['port', 'prot', 2],
])('editDistance(%s, %s)', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
  expect(editDistance(b, a)).toBe(edits);
});

it('takes the first of the nearest', () => {
  expect(nearest('hots', ['port', 'host', 'hosts'])).toBe('hosts');
  expect(nearest('x'.repeat(100_000), ['a', 'b'])).toBe('a');
});
