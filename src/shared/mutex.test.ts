import { expect, test } from 'vitest';
import { Mutex } from './mutex.ts';
import { nextTurn } from './next-turn.ts';

test('tasks run one at a time, in the order they came, also after one failed', async () => {
  const mutex = new Mutex();
  const events: string[] = [];
  const task = (name: string, fails = false): Promise<void> =>
    mutex.run(async () => {
      events.push(`${name} begins`);
      await nextTurn();
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const all = [task('a'), task('b', true), task('c')];
  expect(mutex.length).toBe(3);
  const results = await Promise.allSettled(all);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(mutex.length).toBe(0);
});
