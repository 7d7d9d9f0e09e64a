import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bench, describe } from 'vitest';
import type { Operation } from '../../model/operation.ts';
import { decodeOperation, encodeOperation } from '../../model/operation-codec.ts';
import { crc32c } from '../../shared/crc32c.ts';
import { RealFiles } from '../files/real-files.ts';
import { openLog, type WriteAheadLog } from './wal.ts';

const OPTIONS = { time: 1000, iterations: 5, warmupIterations: 2, warmupTime: 100 };
const payload = Buffer.from(JSON.stringify({ word: 'example', group: 17, text: 'x'.repeat(200) }));

/** 1,000 points of 384 dimensions with a payload of about 250 bytes. */
const batch: Operation = {
  kind: 'upsert',
  points: Array.from({ length: 1000 }, (_, id) => ({
    id,
    vectors: new Map([['', Float32Array.from({ length: 384 }, (_, i) => Math.sin(id + i))]]),
    payload,
  })),
};
const encoded = encodeOperation(batch);

describe(`a batch of 1,000 points x 384, ${encoded.length} bytes`, () => {
  bench('encode', () => void encodeOperation(batch), OPTIONS);
  bench('decode', () => void decodeOperation(encoded), OPTIONS);
  bench('crc32c', () => void crc32c(encoded), OPTIONS);
});

describe('append to a log on disk and wait', () => {
  const appends = (record: Uint8Array, count: number) => {
    let folder = '';
    let log: WriteAheadLog;
    const setup = async () => {
      folder = await mkdtemp(join(tmpdir(), 'sextant-wal-bench-'));
      log = await openLog(new RealFiles(folder), 'wal');
    };
    const teardown = async () => {
      await log.close();
      await rm(folder, { recursive: true, force: true });
    };
    const run = async () => {
      await Promise.all(Array.from({ length: count }, () => log.append(record).durable));
      if (log.bytes > 200 << 20) await log.truncateBelow(log.nextSequence);
    };
    bench(`${count} at once of ${record.length} bytes`, run, { ...OPTIONS, setup, teardown });
  };
  appends(encoded, 1);
  appends(encoded, 8);
  appends(payload, 1);
  appends(payload, 100);
});
