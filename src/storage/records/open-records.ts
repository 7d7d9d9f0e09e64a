import type { Files } from '../files/files.ts';
import { normalisePath } from '../files/paths.ts';
import { LmdbRecords } from './lmdb-records.ts';
import { MemoryRecords } from './memory-records.ts';
import type { Records } from './records.ts';

/**
 * The records in `folder`: LMDB on a real disk, else the in-memory version. Makes neither folder nor file: that is for
 * the first commit. Throws kind `unavailable`, naming the file, when what is there cannot be read.
 */
export async function openRecords(files: Files, folder: string): Promise<Records> {
  const name = normalisePath(folder);
  const realFolder = files.realPath(name);
  return realFolder === null ? MemoryRecords.open(files, name) : LmdbRecords.open(files, name, realFolder);
}
