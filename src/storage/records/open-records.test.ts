import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryFiles } from '../files/memory-files.ts';
import { RealFiles } from '../files/real-files.ts';
import { openRecords } from './open-records.ts';
import { recordsContract } from './records-contract.ts';

recordsContract('in memory', async () => {
  const files = new MemoryFiles();
  return { reopen: () => openRecords(files, 'shard/records'), tearDown: async () => {} };
});

recordsContract('lmdb', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sextant-records-'));
  const files = new RealFiles(folder);
  return {
    reopen: () => openRecords(files, 'shard/records'),
    tearDown: () => rm(folder, { recursive: true, force: true }),
  };
});
