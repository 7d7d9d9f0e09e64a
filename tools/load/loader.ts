import type { DataFolder } from '../../bench/data/data-folder.ts';
import { HttpConnection, type Target } from '../http-client.ts';
import { apiError, type QdrantApi } from '../qdrant-api.ts';
import { RowSource } from './row-source.ts';

export interface LoadOptions {
  target: Target;
  collection: string;
  batch: number;
  parallel: number;
  /** Ask for wait=true with each batch, so that an acknowledged point can be searched. */
  wait: boolean;
  limit?: number | undefined;
  /** Called after each acknowledged batch. */
  progress?: (done: number, total: number) => void;
}

/** Sends all rows of the data folder; the first refused batch stops all and rejects with what the server said. */
export async function loadPoints(
  data: DataFolder,
  options: LoadOptions,
): Promise<{ points: number; seconds: number }> {
  const source = new RowSource(data, options.limit);
  const path = `/collections/${encodeURIComponent(options.collection)}/points?wait=${options.wait}`;
  const started = performance.now();
  let done = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    const connection = new HttpConnection(options.target);
    try {
      for (;;) {
        const next = failed ? null : source.next(options.batch);
        if (next === null) return;
        const reply = await connection.request('PUT', path, next.body);
        if (reply.status !== 200) throw apiError(`PUT ${path}`, reply.status, reply.body);
        done += next.points;
        options.progress?.(done, source.count);
      }
    } catch (error) {
      failed = true;
      throw error;
    } finally {
      connection.close();
    }
  };
  try {
    await settleAll(Array.from({ length: options.parallel }, worker));
  } finally {
    source.close();
  }
  return { points: done, seconds: (performance.now() - started) / 1000 };
}

/** Waits for all to end, then rejects with the first failure if there was one. */
async function settleAll(tasks: Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(tasks)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

export interface CreateOptions {
  recreate: boolean;
  m?: number | undefined;
  efConstruct?: number | undefined;
  quantization?: boolean | undefined;
}

/**
 * Creates the collection of the manifest's size and distance when it is absent (or again with `recreate`). An existing one
 * of another size or distance is an error. Returns true when it was created.
 */
export async function ensureCollection(
  api: QdrantApi,
  data: DataFolder,
  collection: string,
  options: CreateOptions,
): Promise<boolean> {
  const path = `/collections/${encodeURIComponent(collection)}`;
  const { dim, distance } = data.manifest;
  if (options.recreate) await api.call('DELETE', path);
  else if (await api.exists(collection)) {
    const { size, distance: present } = (await api.info(collection)).config.params.vectors ?? {};
    if (size === dim && present === distance) return false;
    throw Object.assign(
      new Error(
        `collection ${collection} holds ${size ?? '?'}-dimensional ${present ?? '?'} vectors, the data ${dim}-dimensional ${distance}: choose another --collection, or --recreate`,
      ),
      { expected: true },
    );
  }
  const hnsw = {
    ...(options.m === undefined ? {} : { m: options.m }),
    ...(options.efConstruct === undefined ? {} : { ef_construct: options.efConstruct }),
  };
  await api.call('PUT', path, {
    vectors: { size: dim, distance },
    ...(Object.keys(hnsw).length === 0 ? {} : { hnsw_config: hnsw }),
    ...(options.quantization ? { quantization_config: { scalar: { type: 'int8' } } } : {}),
  });
  return true;
}

/** Creates payload indexes and waits for each. */
export async function createIndexes(
  api: QdrantApi,
  collection: string,
  indexes: readonly { key: string; type: string }[],
): Promise<void> {
  for (const { key, type } of indexes) {
    await api.call('PUT', `/collections/${encodeURIComponent(collection)}/index?wait=true`, {
      field_name: key,
      field_schema: type,
    });
  }
}
