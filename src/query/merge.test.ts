import { expect, test } from 'vitest';
import type { PointId } from '../model/point-id.ts';
import { mergeHits, type Ranked } from './merge.ts';

const hit = (id: PointId, similarity: number, version = 1): Ranked => ({ id, similarity, version });
const ids = (hits: Ranked[]): PointId[] => hits.map(({ id }) => id);

test('hits of all lists, best first, no more than asked for', () => {
  const lists = [[hit(1, 9), hit(2, 5), hit(3, 1)], [], [hit(4, 7), hit(5, 2)]];
  expect(ids(mergeHits(lists, 4, true))).toEqual([1, 4, 2, 5]);
  expect(ids(mergeHits(lists, 100, true))).toEqual([1, 4, 2, 5, 3]);
});

test('of one id in two lists the newer version stays, be it worse', () => {
  const merged = mergeHits([[hit(1, 9, 3), hit(2, 4)], [hit(1, 1, 8)]], 10, true);
  expect(merged).toEqual([hit(2, 4), hit(1, 1, 8)]);
});

test('equal scores: the larger id first when bigger scores are better, else the smaller', () => {
  const uuid = '00000000-0000-4000-8000-000000000000';
  const lists = [
    [hit(2, 1), hit(2n ** 60n, 1)],
    [hit(10, 1), hit(uuid, 1)],
  ];
  expect(ids(mergeHits(lists, 10, true))).toEqual([uuid, 2n ** 60n, 10, 2]);
  expect(ids(mergeHits(lists, 3, false))).toEqual([2, 10, 2n ** 60n]);
});
