import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from './folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A process that lives until it is killed. */
async function sleeper(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1e6)'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** The lock's name with another pid in it, and that process's start time where the system tells one. */
async function nameFor(pid: number): Promise<string> {
  const lock = await lockFolder(folder);
  const [own] = await readdir(folder);
  await lock.release();
  const [, , , boot] = own!.split('-');
  if (process.platform !== 'linux') return `.lock-${pid}-0-${boot}`;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return `.lock-${pid}-${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}-${boot}`;
}

test('a living owner is respected and named with the folder', async () => {
  const child = await sleeper();
  try {
    await writeFile(join(folder, await nameFor(child.pid!)), '');
    await expect(lockFolder(folder)).rejects.toMatchObject({
      code: 'ELOCKED',
      message: expect.stringMatching(`pid ${child.pid}.*${folder}`),
    });
    expect(await readdir(folder)).toHaveLength(1);
  } finally {
    await end(child);
  }
});

test('the lock of a process that was killed is taken over, and its file removed', async () => {
  const child = await sleeper();
  await writeFile(join(folder, await nameFor(child.pid!)), '');
  await end(child);
  const lock = await lockFolder(folder);
  expect(await readdir(folder)).toEqual([expect.stringContaining(`.lock-${process.pid}-`)]);
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

test.runIf(process.platform === 'linux')(
  'a pid that now belongs to a later process does not hold the lock',
  async () => {
    const name = await nameFor(process.pid);
    await writeFile(join(folder, name.replace(/-(\d+)-/, '-1-')), '');
    await writeFile(join(folder, name.replace(/-[0-9a-z]+$/, '-00000000')), '');
    const lock = await lockFolder(folder);
    await lock.release();
  },
);

test('other files in the folder are left alone', async () => {
  await writeFile(join(folder, '.lock-notes'), '');
  await (await lockFolder(folder)).release();
  expect(await readdir(folder)).toEqual(['.lock-notes']);
});

test('of several that race for a stale lock at most one wins', async () => {
  await writeFile(join(folder, '.lock-999999999-1-0'), '');
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
  const won = results.filter((result) => result.status === 'fulfilled');
  expect(won).toHaveLength(1);
  await won[0]!.value.release();
});
