import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RealFiles } from '../files/real-files.ts';
import { judgeLmdbHeader, LMDB_HEADER_BYTES } from './lmdb-header.ts';
import { openRecords } from './open-records.ts';

let folder: string;
let files: RealFiles;
let dataFile: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sextant-lmdb-'));
  files = new RealFiles(folder);
  dataFile = join(folder, 'records/data.mdb');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const key = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);

async function fill(): Promise<void> {
  const records = await openRecords(files, 'records');
  await records.commit(Array.from({ length: 2000 }, (_, i) => [key(i), new Uint8Array(100).fill(i & 255)]));
  await records.close();
}

test('untouched records make no file, reads included', async () => {
  const records = await openRecords(files, 'records');
  expect(records.get(key(1))).toBeUndefined();
  expect([...records.range({ from: key(0), to: key(9) })]).toEqual([]);
  await records.close();
  expect(await files.list('')).toEqual([]);
});

test('a file that is something else, or cut short, is refused with its name', async () => {
  await fill();
  const good = await readFile(dataFile);
  const bad = [
    Buffer.from('x'.repeat(10_000)),
    good.subarray(0, good.length - 3 * 4096),
    good.subarray(0, good.length >> 1),
    good.subarray(0, 3 * 4096),
    Buffer.concat([Buffer.alloc(4096), good.subarray(4096)]),
    Buffer.concat([good.subarray(0, 4096), Buffer.alloc(4096), good.subarray(8192)]),
  ];
  for (const content of bad) {
    await writeFile(dataFile, content);
    await expect(openRecords(files, 'records')).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('records/data.mdb'),
    });
    expect((await readFile(dataFile)).length).toBe(content.length);
  }
  await writeFile(dataFile, good);
  const records = await openRecords(files, 'records');
  expect(records.get(key(1999))).toEqual(new Uint8Array(100).fill(1999 & 255));
  await records.close();
});

test('a creation that never came to its first commit is begun again', async () => {
  await fill();
  const good = await readFile(dataFile);
  for (const content of [
    Buffer.alloc(0),
    Buffer.alloc(8192),
    Buffer.concat([good.subarray(0, 4096), Buffer.alloc(4096)]),
  ]) {
    await writeFile(dataFile, content);
    const records = await openRecords(files, 'records');
    expect(records.get(key(1))).toBeUndefined();
    await records.commit([[key(1), key(2)]]);
    expect(records.get(key(1))).toEqual(key(2));
    await records.close();
  }
});

test('a sound file may lack free pages at its end', async () => {
  const records = await openRecords(files, 'records');
  await records.commit([[key(1), key(2)]]);
  const large = new Uint8Array(20_000);
  const puts = Array.from({ length: 500 }, (_, i) => [key(i + 2), large] as const);
  const removals = puts.map(([at]) => [at, null] as const);
  await records.commit(puts.slice(0, 100));
  await records.commit(removals.slice(0, 100));
  await records.commit([[key(1), key(2)]]);
  // Takes pages at the end of the file and gives them back before they were ever written.
  await records.commit([...puts, ...removals]);
  await records.close();
  const content = await readFile(dataFile);
  const verdict = judgeLmdbHeader(content.subarray(0, LMDB_HEADER_BYTES), content.length);
  if (verdict.kind !== 'sound') throw new Error(`judged ${verdict.kind}`);
  expect(content.length).toBeLessThan(verdict.bytes);
  const again = await openRecords(files, 'records');
  expect(again.get(key(1))).toEqual(key(2));
  await again.commit([[key(3), large]]);
  expect(again.get(key(3))).toEqual(large);
  await again.close();
});

test('a read sees each commit as soon as it is done, also between the turns of the event loop', async () => {
  const records = await openRecords(files, 'records');
  for (let i = 1; i <= 200; i++) {
    await records.commit([[key(1), key(i)]]);
    expect(records.get(key(1))).toEqual(key(i));
    if (i % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await records.close();
});

test('a range keeps its snapshot while a commit goes by', async () => {
  const records = await openRecords(files, 'records');
  await records.commit([1, 2, 3].map((i) => [key(i), key(i)]));
  const seen: number[] = [];
  for (const entry of records.range({ from: key(0), to: key(100) })) {
    seen.push(entry.key[1]!);
    if (seen.length === 1) {
      await records.commit([
        [key(2), null],
        [key(9), key(9)],
      ]);
    }
  }
  expect(seen).toEqual([1, 2, 3]);
  expect([...records.range({ from: key(0), to: key(100) })].map((entry) => entry.key[1])).toEqual([1, 3, 9]);
  await records.close();
});

test('a commit of many entries is one transaction, and the event loop goes on meanwhile', async () => {
  const records = await openRecords(files, 'records');
  const value = new Uint8Array(120);
  const done = records.commit(Array.from({ length: 30_000 }, (_, i) => [key(i), value]));
  const counts = new Set<number>();
  let finished = false;
  void done.then(() => {
    finished = true;
  });
  while (!finished) {
    counts.add([...records.range({ from: key(29_990), to: key(30_000) })].length);
    counts.add(records.get(key(0)) === undefined ? 0 : 10);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
  expect([...counts].every((count) => count === 0 || count === 10)).toBe(true);
  expect(records.get(key(29_999))).toEqual(value);
  await records.close();
});

/** Puts read-only handles where this process has `path` open, so that every write fails. Needs Linux's /proc. */
function makeUnwritable(path: string): void {
  const handles = readdirSync('/proc/self/fd').filter((handle) => {
    try {
      return readlinkSync(`/proc/self/fd/${handle}`) === path;
    } catch {
      // The handle of the listing itself is gone by now.
      return false;
    }
  });
  expect(handles.length).toBeGreaterThan(0);
  for (const handle of handles) {
    closeSync(Number(handle));
    expect(openSync(path, 'r')).toBe(Number(handle));
  }
}

test.runIf(process.platform === 'linux')(
  'a commit that fails leaves the one before, and is told',
  async () => {
    await fill();
    const records = await openRecords(files, 'records');
    await records.commit([[key(1), key(2)]]);
    makeUnwritable(dataFile);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(
        records.commit([
          [key(1), key(3)],
          [key(9000), key(3)],
        ]),
      ).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining('records/data.mdb'),
      });
      expect(records.get(key(1))).toEqual(key(2));
      expect(records.get(key(9000))).toBeUndefined();
    }
    await records.close();
    const again = await openRecords(files, 'records');
    expect(again.get(key(1))).toEqual(key(2));
    await again.commit([[key(1), key(4)]]);
    expect(again.get(key(1))).toEqual(key(4));
    await again.close();
  },
);
