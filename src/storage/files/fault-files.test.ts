import { expect, test } from 'vitest';
import { seededRandom } from '../../shared/seeded-random.ts';
import { CrashError, FaultFiles } from './fault-files.ts';
import { MemoryFiles } from './memory-files.ts';

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const half = (): number => 0.5;

const contentOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && new TextDecoder().decode(bytes);

test('without a sync nothing survives the loss of everything unsynced; with all kept all does', async () => {
  const files = new FaultFiles();
  const file = await files.open('folder/file', { create: true });
  await file.write(text('abc'), 0);
  expect([...files.image('lost', half).files.keys()]).toEqual([]);
  expect(contentOf(files.image('kept', half).files.get('folder/file'))).toBe('abc');
});

test('content needs the sync of the file, its name that of each folder above', async () => {
  const files = new FaultFiles();
  const file = await files.open('folder/file', { create: true });
  await file.write(text('abc'), 0);
  await file.sync();
  await files.syncFolder('folder');
  expect([...files.image('lost', half).files.keys()]).toEqual([]);
  await files.syncFolder('');
  expect(contentOf(files.image('lost', half).files.get('folder/file'))).toBe('abc');
  await file.write(text('XYZ'), 1);
  await file.truncate(2);
  expect(contentOf(files.image('lost', half).files.get('folder/file'))).toBe('abc');
  expect(contentOf(files.image('kept', half).files.get('folder/file'))).toBe('aX');
});

test('a torn write leaves old and new bytes, never others, and all ways of tearing occur', async () => {
  const files = new FaultFiles({
    image: { files: new Map([['file', new Uint8Array(1500).fill(1)]]), folders: new Set() },
  });
  const file = await files.open('file');
  await file.write(new Uint8Array(2000).fill(2), 100);
  const seen = new Set<string>();
  const random = seededRandom(7);
  for (let i = 0; i < 200; i++) {
    const bytes = files.image('torn', random).files.get('file')!;
    expect(bytes.length).toBeGreaterThanOrEqual(1500);
    expect(bytes.length).toBeLessThanOrEqual(2100);
    expect(bytes.subarray(0, 100).every((byte) => byte === 1)).toBe(true);
    expect(bytes.subarray(100, 1500).every((byte) => byte === 1 || byte === 2)).toBe(true);
    expect(bytes.subarray(1500).every((byte) => byte === 0 || byte === 2)).toBe(true);
    seen.add(Buffer.from(bytes).toString('latin1'));
  }
  expect(seen.size).toBeGreaterThan(20);
});

test('replace leaves the whole older or the whole newer content at every event', async () => {
  const start = { files: new Map([['folder/file', text('older')]]), folders: new Set(['folder']) };
  const files = new FaultFiles({ image: start });
  const random = seededRandom(3);
  const found = new Set<string | undefined>();
  files.onEvent = () => {
    for (const mode of ['lost', 'kept', 'torn'] as const) {
      found.add(contentOf(files.image(mode, random).files.get('folder/file')));
    }
  };
  await files.replace('folder/file', text('newer'));
  expect(files.events).toBe(5);
  expect([...found].sort()).toEqual(['newer', 'older']);
  expect(contentOf(files.image('lost', random).files.get('folder/file'))).toBe('newer');
});

test('after the crash every call fails, and what was on the disk can be opened', async () => {
  const files = new FaultFiles();
  const file = await files.open('file', { create: true });
  files.crashAt(files.events + 2);
  await file.write(text('abc'), 0);
  await expect(file.sync()).rejects.toThrow(CrashError);
  await expect(files.list('')).rejects.toThrow(CrashError);
  await expect(file.read(new Uint8Array(1), 0)).rejects.toThrow(CrashError);
  const after = new MemoryFiles({ image: files.image('kept', half) });
  expect((await after.read('file')).toString()).toBe('abc');
});

test('the nth write or sync can fail, and a later sync does not make up for a failed one', async () => {
  const files = new FaultFiles();
  const file = await files.open('file', { create: true });
  await files.syncFolder('');
  files.failNth('write', 2, 'ENOSPC');
  files.failNth('sync', 1, 'EIO');
  await file.write(text('ab'), 0);
  await expect(file.write(text('c'), 2)).rejects.toMatchObject({ code: 'ENOSPC' });
  await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
  await file.sync();
  expect(contentOf(files.image('lost', half).files.get('file'))).toBe('');
  await file.write(text('AB'), 0);
  await file.sync();
  expect(contentOf(files.image('lost', half).files.get('file'))).toBe('AB');
});
