import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DataFolder,
  openDataFolder,
  readBase,
  readGroundTruth,
  readQueries,
} from '../data/data-folder.ts';
import { exactNeighbours } from '../data/exact.ts';
import { type PayloadValue, valuesBySelectivity } from '../data/selectivity.ts';
import type { EngineName } from './engine-names.ts';
import { HnswlibSubject } from './hnswlib.ts';
import { measure } from './measure.ts';
import type { FilterRow, Row } from './rows.ts';
import { SextantSubject, type Variation } from './sextant.ts';
import type { Subject } from './subject.ts';
import { UsearchSubject } from './usearch.ts';

/** What the parent asks of a child process, which holds one engine alone so that its memory is told honestly. */
export interface Job {
  data: string;
  engine: EngineName;
  efs: number[];
  m: number;
  efConstruct: number;
  threads: number;
  seconds: number;
  filter: boolean;
}
export type Message = { about: string; buildSeconds: number } | { row: Row } | { error: string };

const TOP_K = 10;
const ROWS_AT_A_TIME = 1_024;
const FILTER_EFS = [32, 64, 128, 256];
const FILTER_SELECTIVITIES = [0.01, 0.1];

process.on('message', async (job: Job) => {
  try {
    await run(job);
  } catch (error) {
    send({ error: (error as Error).stack ?? String(error) });
  }
  process.disconnect();
});

const send = (message: Message): void => {
  process.send!(message);
};

async function run(job: Job): Promise<void> {
  const data = openDataFolder(job.data);
  const subject = await openSubject(job, data);
  const buildSeconds = await build(subject, data);
  send({ about: subject.about, buildSeconds });
  const truth = readGroundTruth(data);
  if (truth === null) throw new Error(`${job.data} has no ground truth: recall cannot be told`);
  const queries = readQueries(data);
  subject.prepare(queries);
  const { queries: count, groundTruth: width } = data.manifest;
  for (const ef of job.efs) {
    subject.setEf(ef);
    const measured = await measure(subject, {
      queries: count,
      topK: TOP_K,
      truth,
      width,
      seconds: job.seconds,
    });
    const peakRssMb = process.resourceUsage().maxRSS / 1024;
    send({ row: { kind: 'search', engine: job.engine, ef, ...measured, buildSeconds, peakRssMb } });
  }
  if (job.filter && subject instanceof SextantSubject) await measureFilters(job, data, subject, queries);
  await subject.close();
}

async function openSubject(job: Job, data: DataFolder): Promise<Subject> {
  const { m, efConstruct, threads } = job;
  const options = { manifest: data.manifest, m, efConstruct, threads };
  switch (job.engine) {
    case 'hnswlib':
      return new HnswlibSubject(options);
    case 'usearch':
      return new UsearchSubject(options);
    case 'sextant':
    case 'sextant-f32':
      return SextantSubject.open('native', job.engine === 'sextant', options);
    case 'sextant-wasm':
    case 'sextant-wasm-f32':
      return SextantSubject.open('wasm', job.engine === 'sextant-wasm', options);
    case 'sextant-reference':
      return SextantSubject.open('reference', false, options);
  }
}

/** Streams the rows in, so that they count once, inside the index; returns the seconds without the reading. */
async function build(subject: Subject, data: DataFolder): Promise<number> {
  const { dim, count } = data.manifest;
  const file = openSync(join(data.path, 'base.f32'), 'r');
  let ms = 0;
  for (let row = 0; row < count; row += ROWS_AT_A_TIME) {
    const vectors = new Float32Array(Math.min(ROWS_AT_A_TIME, count - row) * dim);
    readSync(file, new Uint8Array(vectors.buffer), 0, vectors.byteLength, row * dim * 4);
    const started = performance.now();
    subject.add(row, vectors);
    ms += performance.now() - started;
  }
  closeSync(file);
  const started = performance.now();
  await subject.finish();
  return (ms + performance.now() - started) / 1000;
}

/** Keyword values of about 1 % and 10 % of the rows: exact scan against the filtered walks. */
async function measureFilters(
  job: Job,
  data: DataFolder,
  subject: SextantSubject,
  queries: Float32Array,
): Promise<void> {
  const { dim, distance, count, queries: queryCount } = data.manifest;
  const base = readBase(data);
  for (const value of await valuesBySelectivity(data, FILTER_SELECTIVITIES)) {
    const truth = exactNeighbours({ distance, dim, base, queries, topK: TOP_K, rows: value.rows });
    const options = { queries: queryCount, topK: TOP_K, truth, width: TOP_K, seconds: job.seconds };
    const allowed = bitmap(value, count);
    const measureOne = async (strategy: FilterRow['strategy'], ef: number | null, variation: Variation) => {
      if (ef !== null) subject.setEf(ef);
      subject.vary(variation);
      return { strategy, ef, ...(await measure(subject, options)) };
    };
    const plain = await measureOne('plain', null, { strategy: 'plain', allowed });
    const rows = [plain];
    for (const ef of FILTER_EFS) {
      rows.push(await measureOne('graph', ef, { strategy: 'graph', allowed }));
      rows.push(await measureOne('expand', ef, { strategy: 'graph', allowed, expand: true }));
    }
    const about = {
      engine: job.engine,
      key: value.key,
      value: String(value.value),
      selectivity: value.selectivity,
    };
    for (const row of rows)
      send({ row: { kind: 'filter', ...about, ...row, timesPlain: row.qps / plain.qps } });
  }
}

function bitmap({ rows }: PayloadValue, count: number): Uint32Array {
  const words = new Uint32Array((count + 31) >>> 5);
  for (const row of rows) words[row >>> 5]! |= 1 << (row & 31);
  return words;
}
