import { readFlags, required, runProgram, wholeNumber } from '../../tools/arguments.ts';
import type { Target } from '../../tools/http-client.ts';
import { createIndexes, ensureCollection, loadPoints } from '../../tools/load/loader.ts';
import { Progress } from '../../tools/load/progress.ts';
import { QdrantApi } from '../../tools/qdrant-api.ts';
import { type DataFolder, openDataFolder, readQueries } from '../data/data-folder.ts';
import { recall } from '../data/exact.ts';
import { measureSearch } from './measure-search.ts';
import { processUsage } from './process-usage.ts';
import { type Row, type ServerSearchRow, searchTable, type UploadRow, uploadTable } from './rows.ts';
import { foundRows, queryBodies, type SearchCase, searchCases, TOP_K } from './search-cases.ts';

const USAGE = `usage: npm run bench:server -- --data DIR --url URL [--collection bench] [--parallel 1] [--ef default,32,64,...]
         [--batch 256] [--upload-parallel 2] [--seconds 3] [--skip-upload] [--no-filter] [--pid PID] [--api-key KEY] [--json]
Loads the data folder into a Qdrant-compatible server (dropping the collection of that name first), then measures searches,
unfiltered and with payload filters. --pid also measures CPU and memory of a server on this machine. --skip-upload searches
what an earlier run loaded.`;

const EFS = 'default,32,64,128,256';

interface Run {
  data: DataFolder;
  target: Target;
  collection: string;
  parallel: number;
  batch: number;
  uploadParallel: number;
  seconds: number;
  pid: number | null;
  emit(row: Row): void;
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function main(): Promise<void> {
  const flags = readFlags(USAGE, {
    strings: [
      'data',
      'url',
      'collection',
      'parallel',
      'ef',
      'batch',
      'upload-parallel',
      'seconds',
      'pid',
      'api-key',
    ],
    booleans: ['json', 'skip-upload', 'no-filter'],
  });
  if (flags === null) return;
  const rows: Row[] = [];
  const run: Run = {
    data: openDataFolder(required('data', flags.data, USAGE)),
    target: { url: required('url', flags.url, USAGE), apiKey: flags['api-key'] },
    collection: flags.collection ?? 'bench',
    parallel: wholeNumber('parallel', flags.parallel, { fallback: 1, max: 1_024 }),
    batch: wholeNumber('batch', flags.batch, { fallback: 256, max: 100_000 }),
    uploadParallel: wholeNumber('upload-parallel', flags['upload-parallel'], { fallback: 2, max: 256 }),
    seconds: wholeNumber('seconds', flags.seconds, { fallback: 3, min: 0, max: 3_600 }),
    pid: flags.pid === undefined ? null : wholeNumber('pid', flags.pid, { fallback: 0 }),
    emit: (row) => {
      rows.push(row);
      if (flags.json) process.stdout.write(`${JSON.stringify(row)}\n`);
    },
  };
  if (run.pid !== null) processUsage(run.pid); // fails now rather than after the upload
  const efs = (flags.ef ?? EFS)
    .split(',')
    .map((text) => (text === 'default' ? null : wholeNumber('ef', text, { fallback: 0 })));
  const all = await searchCases(run.data, say);
  const cases = flags['no-filter'] ? all.slice(0, 1) : all;
  if (!flags['skip-upload']) await upload(run, cases);
  await search(run, cases, efs);
  if (flags.json) return;
  process.stdout.write(uploadTable(rows.filter((row): row is UploadRow => row.kind === 'upload')));
  process.stdout.write(searchTable(rows.filter((row): row is ServerSearchRow => row.kind === 'search')));
}

async function upload(run: Run, cases: readonly SearchCase[]): Promise<void> {
  const { data, target, collection, batch, uploadParallel } = run;
  const api = new QdrantApi(target);
  await ensureCollection(api, data, collection, { recreate: true });
  const keys = new Map(cases.flatMap(({ value }) => (value ? [[value.key, typeof value.value]] : [])));
  const indexes = [...keys].map(([key, type]) => ({ key, type: type === 'boolean' ? 'bool' : 'keyword' }));
  await createIndexes(api, collection, indexes);
  const progress = new Progress(data.manifest.count, process.stderr);
  const { points, seconds } = await loadPoints(data, {
    target,
    collection,
    batch,
    parallel: uploadParallel,
    wait: true,
    progress: (done) => progress.update(done),
  });
  progress.finish(points);
  const greenSeconds = await api.untilGreen(collection);
  api.close();
  run.emit({
    kind: 'upload',
    points,
    batch,
    parallel: uploadParallel,
    seconds,
    pointsPerSecond: points / seconds,
    greenSeconds,
    rssMb: run.pid === null ? null : processUsage(run.pid).rssMb,
  });
}

async function search(
  run: Run,
  cases: readonly SearchCase[],
  efs: readonly (number | null)[],
): Promise<void> {
  const vectors = readQueries(run.data);
  const path = `/collections/${encodeURIComponent(run.collection)}/points/query`;
  const { target, parallel, seconds, pid } = run;
  for (const searchCase of cases) {
    const { value, truth, width } = searchCase;
    for (const ef of efs) {
      const bodies = queryBodies(searchCase, ef, vectors, run.data.manifest.dim);
      const {
        replies,
        requests: _,
        ...measured
      } = await measureSearch({
        target,
        path,
        bodies,
        parallel,
        seconds,
        pid,
      });
      run.emit({
        kind: 'search',
        filter: value && `${value.key}=${value.value}`,
        selectivity: value?.selectivity ?? 1,
        ef,
        parallel,
        recall: recall(replies.map(foundRows), truth, width, TOP_K),
        ...measured,
      });
    }
  }
}

await runProgram(main);
