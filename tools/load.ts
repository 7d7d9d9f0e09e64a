import { openDataFolder } from '../bench/data/data-folder.ts';
import { readFlags, required, runProgram, UsageError, wholeNumber } from './arguments.ts';
import { createIndexes, ensureCollection, loadPoints } from './load/loader.ts';
import { formatCount, Progress } from './load/progress.ts';
import { QdrantApi } from './qdrant-api.ts';

const USAGE = `usage: npm run load -- --data DIR --url URL --collection NAME [--batch 256] [--parallel 2] [--wait]
         [--index KEY:TYPE]... [--recreate] [--limit N] [--m N] [--ef-construct N] [--quantization] [--api-key KEY]
Loads a data folder into a Qdrant-compatible server. The collection is created from the folder's manifest when it is absent;
--recreate drops it first. --wait asks for each batch to be applied, and at the end waits until the collection is green.`;

async function main(): Promise<void> {
  const flags = readFlags(USAGE, {
    strings: ['data', 'url', 'collection', 'batch', 'parallel', 'limit', 'm', 'ef-construct', 'api-key'],
    booleans: ['wait', 'recreate', 'quantization'],
    lists: ['index'],
  });
  if (flags === null) return;
  const collection = required('collection', flags.collection, USAGE);
  const target = { url: required('url', flags.url, USAGE), apiKey: flags['api-key'] };
  const indexes = (flags.index ?? []).map(parseIndex);
  const batch = wholeNumber('batch', flags.batch, { fallback: 256, max: 100_000 });
  const parallel = wholeNumber('parallel', flags.parallel, { fallback: 2, max: 256 });
  const optional = (name: 'limit' | 'm' | 'ef-construct') =>
    flags[name] === undefined ? undefined : wholeNumber(name, flags[name], { fallback: 0, min: 0 });
  const data = openFolder(required('data', flags.data, USAGE));

  const api = new QdrantApi(target);
  try {
    const created = await ensureCollection(api, data, collection, {
      recreate: flags.recreate ?? false,
      m: optional('m'),
      efConstruct: optional('ef-construct'),
      quantization: flags.quantization,
    });
    process.stderr.write(`${created ? 'created' : 'adding to'} collection ${collection} at ${target.url}\n`);
    await createIndexes(api, collection, indexes);
    const limit = optional('limit');
    const progress = new Progress(
      Math.min(limit ?? data.manifest.count, data.manifest.count),
      process.stderr,
    );
    const wait = flags.wait ?? false;
    const { points, seconds } = await loadPoints(data, {
      target,
      collection,
      batch,
      parallel,
      wait,
      limit,
      progress: (done) => progress.update(done),
    });
    progress.finish(points);
    const rate = formatCount(Math.round(points / seconds));
    process.stdout.write(
      `loaded ${formatCount(points)} points in ${seconds.toFixed(1)} s (${rate} points/s)\n`,
    );
    if (wait) await waitForGreen(api, collection);
  } finally {
    api.close();
  }
}

async function waitForGreen(api: QdrantApi, collection: string): Promise<void> {
  const seconds = await api.untilGreen(collection);
  const { points_count: points } = await api.info(collection);
  const total = points === undefined ? '' : `, ${formatCount(points)} points`;
  process.stdout.write(`green after another ${seconds.toFixed(1)} s${total}\n`);
}

function parseIndex(text: string): { key: string; type: string } {
  const colon = text.lastIndexOf(':');
  if (colon < 1 || colon === text.length - 1) {
    throw new UsageError(`--index must be KEY:TYPE, such as lexname:keyword, not '${text}'`);
  }
  return { key: text.slice(0, colon), type: text.slice(colon + 1) };
}

function openFolder(path: string) {
  try {
    return openDataFolder(path);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

await runProgram(main);
