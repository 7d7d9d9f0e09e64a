import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultFiles } from './fault-files.ts';
import { filesContract } from './files-contract.ts';
import { MemoryFiles } from './memory-files.ts';
import { RealFiles } from './real-files.ts';

filesContract('in memory', async () => ({ files: new MemoryFiles(), tearDown: async () => {} }));

filesContract('fault-injecting, with short reads', async () => ({
  files: new FaultFiles({ readMax: () => 2 }),
  tearDown: async () => {},
}));

filesContract('real', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sextant-files-'));
  return {
    files: new RealFiles(join(folder, 'root')),
    tearDown: () => rm(folder, { recursive: true, force: true }),
  };
});
