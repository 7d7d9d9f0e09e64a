import { expect, test } from 'vitest';
import { Readers } from './readers.ts';

/** A reader that ends when it is told to. */
function reader(readers: Readers): { end: () => Promise<void> } {
  let end!: () => void;
  const ended = readers.during(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  return {
    end: () => {
      end();
      return ended;
    },
  };
}

test('a task runs at once when nobody reads', () => {
  const readers = new Readers();
  let ran = false;
  readers.afterCurrent(() => {
    ran = true;
  });
  expect(ran).toBe(true);
});

test('a task waits for the readers that began before it, not for later ones', async () => {
  const readers = new Readers();
  const ran: string[] = [];
  const first = reader(readers);
  readers.afterCurrent(() => ran.push('after first'));
  const second = reader(readers);
  readers.afterCurrent(() => ran.push('after second'));
  const third = reader(readers);
  await first.end();
  expect(ran).toEqual(['after first']);
  await second.end();
  expect(ran).toEqual(['after first', 'after second']);
  await third.end();
});

test('tasks run in order also when a later reader ends first', async () => {
  const readers = new Readers();
  const ran: string[] = [];
  const first = reader(readers);
  readers.afterCurrent(() => ran.push('after first'));
  const second = reader(readers);
  readers.afterCurrent(() => ran.push('after both'));
  await second.end();
  expect(ran).toEqual([]);
  await first.end();
  expect(ran).toEqual(['after first', 'after both']);
});

test('a reader that fails ends too', async () => {
  const readers = new Readers();
  let ran = false;
  const failed = readers.during(() => Promise.reject(new Error('no')));
  readers.afterCurrent(() => {
    ran = true;
  });
  expect(ran).toBe(false);
  await expect(failed).rejects.toThrow('no');
  expect(ran).toBe(true);
});
