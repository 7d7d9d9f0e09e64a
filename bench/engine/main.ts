import { fork } from 'node:child_process';
import { cpus } from 'node:os';
import { readFlags, required, runProgram, UsageError, wholeNumber } from '../../tools/arguments.ts';
import { openDataFolder } from '../data/data-folder.ts';
import type { Job, Message } from './child.ts';
import { ENGINE_NAMES, type EngineName, isEngineName, peerOf } from './engine-names.ts';
import { ensurePeers } from './peers.ts';
import { type Row, recallRows, type SearchRow } from './rows.ts';
import { filterTable, recallTable, searchTable } from './tables.ts';

const USAGE = `usage: npm run bench:engine -- --data DIR [--engines sextant,hnswlib,usearch] [--m 16] [--ef-construct 100]
         [--threads 1] [--ef 16,24,...] [--filter] [--seconds 1] [--json]
Builds each engine in a process of its own, then searches all queries one after the other at each ef.
engines: ${ENGINE_NAMES.join(', ')}`;

const EFS = [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];
const RECALLS = [0.9, 0.95, 0.99];

async function main(): Promise<void> {
  const flags = readFlags(USAGE, {
    strings: ['data', 'engines', 'm', 'ef-construct', 'threads', 'ef', 'seconds'],
    booleans: ['json', 'filter'],
  });
  if (flags === null) return;
  const data = required('data', flags.data, USAGE);
  const engines = (flags.engines ?? 'sextant,hnswlib,usearch').split(',').map(engineName);
  const job: Omit<Job, 'engine'> = {
    data,
    efs: flags.ef?.split(',').map((text) => wholeNumber('ef', text, { fallback: 0 })) ?? EFS,
    m: wholeNumber('m', flags.m, { fallback: 16, min: 2, max: 1_024 }),
    efConstruct: wholeNumber('ef-construct', flags['ef-construct'], { fallback: 100 }),
    threads: wholeNumber('threads', flags.threads, { fallback: 1, max: 256 }),
    seconds: wholeNumber('seconds', flags.seconds, { fallback: 1, min: 0, max: 600 }),
    filter: flags.filter ?? false,
  };
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const { manifest } = openDataFolder(data);
  say(
    `${manifest.name}: ${manifest.count} x ${manifest.dim}, ${manifest.distance}; ${cpus()[0]?.model.trim()}`,
  );
  ensurePeers(
    engines.map(peerOf).filter((peer) => peer !== null),
    say,
  );
  const rows: Row[] = [];
  const emit = (row: Row): void => {
    rows.push(row);
    if (flags.json) process.stdout.write(`${JSON.stringify(row)}\n`);
  };
  for (const engine of engines) await runChild({ ...job, engine }, emit, say);
  const searches = rows.filter((row): row is SearchRow => row.kind === 'search');
  for (const row of recallRows(searches, RECALLS)) emit(row);
  if (flags.json) return;
  process.stdout.write(searchTable(searches));
  process.stdout.write(recallTable(rows.filter((row) => row.kind === 'atRecall')));
  process.stdout.write(filterTable(rows.filter((row) => row.kind === 'filter')));
}

function engineName(text: string): EngineName {
  if (!isEngineName(text)) throw new UsageError(`no engine '${text}'; there are ${ENGINE_NAMES.join(', ')}`);
  return text;
}

/** Runs the job in a process of its own; rejects when it fails or dies. */
function runChild(job: Job, emit: (row: Row) => void, say: (line: string) => void): Promise<void> {
  const program = new URL(import.meta.url.endsWith('.ts') ? './child.ts' : './child.js', import.meta.url);
  return new Promise((resolve, reject) => {
    const child = fork(program, { stdio: ['ignore', 2, 2, 'ipc'], serialization: 'advanced' });
    let failed: string | null = null;
    say(`${job.engine}: building (m ${job.m}, efConstruct ${job.efConstruct}, ${job.threads} threads)`);
    child.on('message', (message: Message) => {
      if ('row' in message) emit(message.row);
      else if ('error' in message) failed = message.error;
      else say(`${job.engine}: ${message.about}, built in ${message.buildSeconds.toFixed(1)} s`);
    });
    child.once('exit', (code, signal) => {
      if (failed === null && code === 0) return resolve();
      reject(
        Object.assign(
          new Error(`${job.engine}: ${failed ?? `the process ended with ${signal ?? `code ${code}`}`}`),
          {
            expected: true,
          },
        ),
      );
    });
    child.send(job);
  });
}

await runProgram(main);
