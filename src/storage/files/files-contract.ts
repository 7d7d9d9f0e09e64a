import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { File, Files } from './files.ts';

export interface FilesSetUp {
  files: Files;
  tearDown(): Promise<void>;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Reads up to `length` bytes, however many come at a time. */
async function readAll(file: File, position: number, length: number): Promise<string> {
  const into = new Uint8Array(length);
  let done = 0;
  for (;;) {
    const count = await file.read(into.subarray(done), position + done);
    if (count === 0) return new TextDecoder().decode(into.subarray(0, done));
    done += count;
    if (done === length) return new TextDecoder().decode(into);
  }
}

/** What every version of `Files` must do. */
export function filesContract(name: string, setUp: () => Promise<FilesSetUp>): void {
  describe(`files: ${name}`, () => {
    let made: FilesSetUp;
    let files: Files;
    beforeEach(async () => {
      made = await setUp();
      files = made.files;
    });
    afterEach(() => made.tearDown());

    const write = async (path: string, content: string): Promise<void> => {
      const file = await files.open(path, { create: true });
      await file.write(text(content), 0);
      await file.close();
    };
    const codeOf = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'no error',
        (error: NodeJS.ErrnoException) => error.code ?? String(error),
      );

    test('a file that is not there fails with ENOENT, unless it may be created', async () => {
      expect(await codeOf(files.open('a/b'))).toBe('ENOENT');
      expect(await codeOf(files.read('a/b'))).toBe('ENOENT');
      expect(await codeOf(files.rename('a/b', 'a/c'))).toBe('ENOENT');
      expect(await codeOf(files.syncFolder('a'))).toBe('ENOENT');
      expect(await files.exists('a')).toBe(false);
      await (await files.open('a/b', { create: true })).close();
      expect(await files.exists('a')).toBe(true);
      expect(await files.read('a/b')).toEqual(Buffer.alloc(0));
    });

    test('opening with create keeps what is there', async () => {
      await write('file', 'content');
      await (await files.open('file', { create: true })).close();
      expect((await files.read('file')).toString()).toBe('content');
    });

    test('writes land at their position, holes are zeros', async () => {
      const file = await files.open('file', { create: true });
      await file.write(text('abc'), 2);
      await file.write(text('X'), 3);
      await file.write(new Uint8Array(0), 100);
      expect(await file.size()).toBe(5);
      expect(await readAll(file, 0, 100)).toBe('\0\0aXc');
      expect(await readAll(file, 3, 1)).toBe('X');
      expect(await readAll(file, 5, 10)).toBe('');
      expect(await readAll(file, 500, 10)).toBe('');
      await file.sync();
      await file.close();
    });

    test('truncate cuts, and lengthens with zeros, not with what was there', async () => {
      const file = await files.open('file', { create: true });
      await file.write(text('abcdef'), 0);
      await file.truncate(2);
      expect(await file.size()).toBe(2);
      await file.truncate(4);
      expect(await readAll(file, 0, 10)).toBe('ab\0\0');
      await file.close();
    });

    test('two handles see one content', async () => {
      const first = await files.open('file', { create: true });
      const second = await files.open('file');
      await first.write(text('hello'), 0);
      expect(await readAll(second, 0, 10)).toBe('hello');
      await first.close();
      await second.close();
    });

    test('a removed file is still there for who has it open', async () => {
      await write('file', 'old');
      const file = await files.open('file');
      await files.remove('file');
      await write('file', 'new');
      expect(await readAll(file, 0, 10)).toBe('old');
      await file.close();
      expect((await files.read('file')).toString()).toBe('new');
    });

    test('replace puts the whole content, over an older one or none', async () => {
      await files.replace('folder/file', text('first, longer'));
      await files.replace('folder/file', text('second'));
      expect((await files.read('folder/file')).toString()).toBe('second');
      expect(await files.list('folder')).toEqual(['file']);
    });

    test('list gives names, sorted; of a folder that is not there none', async () => {
      await write('folder/b', '');
      await write('folder/a/inner', '');
      await files.makeFolder('folder/c/d');
      expect(await files.list('folder')).toEqual(['a', 'b', 'c']);
      expect(await files.list('folder/c')).toEqual(['d']);
      expect(await files.list('')).toEqual(['folder']);
      expect(await files.list('nowhere')).toEqual([]);
    });

    test('remove takes a file or a whole folder, and nothing with a name that only begins like it', async () => {
      await write('folder/a/inner', '');
      await write('folder/ab', '');
      await files.remove('folder/a');
      await files.remove('folder/a');
      expect(await files.list('folder')).toEqual(['ab']);
      await files.remove('folder');
      expect(await files.exists('folder')).toBe(false);
    });

    test('rename moves a file over another, and a folder with its content', async () => {
      await write('folder/a', 'a');
      await write('folder/b', 'b');
      await files.rename('folder/a', 'folder/b');
      expect(await files.list('folder')).toEqual(['b']);
      expect((await files.read('folder/b')).toString()).toBe('a');
      await files.rename('folder', 'moved');
      await files.syncFolder('');
      expect((await files.read('moved/b')).toString()).toBe('a');
      expect(await files.exists('folder')).toBe(false);
    });

    test('a lock excludes others until it is released', async () => {
      const lock = await files.lock('data');
      expect(await codeOf(files.lock('data'))).toBe('ELOCKED');
      await (await files.lock('other')).release();
      await lock.release();
      await lock.release();
      const again = await files.lock('data');
      expect(await codeOf(files.lock('data'))).toBe('ELOCKED');
      await again.release();
    });

    test('no path leads out of the root', async () => {
      await expect(files.read('a/../../b')).rejects.toThrow('climb');
      await expect(files.open('..', { create: true })).rejects.toThrow('climb');
    });
  });
}
