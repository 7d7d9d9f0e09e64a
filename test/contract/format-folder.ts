import type { Engine } from '../../src/engine/engine.ts';
import type { PointStruct } from '../../src/model/operation.ts';
import { parsePayloadPath } from '../../src/model/payload-path.ts';
import type { PayloadIndexSchema } from '../../src/model/payload-schema.ts';
import type { PointId } from '../../src/model/point-id.ts';
import type { WriteRequest } from '../../src/model/write.ts';
import type { Files } from '../../src/storage/files/files.ts';
import {
  context,
  createRequest,
  json,
  openTestNode,
  type TestNode,
  textOf,
  vectorParams,
  WAIT,
} from '../harness/open-test-node.ts';

/** What the data folders of the format tests hold, and how one is written. */
export const COLLECTION = 'formats';
export const M = 4;
/** Enough for a graph with upper levels, and for codes. */
export const COUNT = 1100;
export const WORDS = ['red', 'green', 'blue'] as const;
export const UUID = '936da01f-9abd-4d9d-80c7-02af85c822a8';

const SCHEMA: PayloadIndexSchema = { type: 'keyword', params: null, lookup: false, range: false };
const INTEGER: PayloadIndexSchema = { type: 'integer', params: null, lookup: true, range: true };

/** Whole numbers from -8 to 7: they compress well, and no two points have the same. */
function component(i: number, at: number): number {
  let x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(at + 1, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d);
  x ^= x >>> 12;
  return ((x >>> 8) & 15) - 8;
}

export const vectorA = (i: number): Float32Array =>
  Float32Array.from({ length: 8 }, (_, at) => component(i, at));
const vectorB = (i: number): Float32Array =>
  Float32Array.from({ length: 4 }, (_, at) => component(i, at) + 8);

/** Vector `a` (Cosine, f32) for all, `b` (Euclid, u8) for every other one. */
function point(id: PointId, i: number): PointStruct {
  const vectors = new Map([['a', vectorA(i)]]);
  if (i % 2 === 0) vectors.set('b', vectorB(i));
  return { id, vectors, payload: json({ n: i, word: WORDS[i % 3] }) };
}

/** Before the last checkpoint; slot i has id i. */
const FIRST: WriteRequest[] = [
  { kind: 'createIndex', path: 'word', schema: SCHEMA },
  { kind: 'createIndex', path: 'n', schema: INTEGER },
  { kind: 'upsert', points: Array.from({ length: 1000 }, (_, i) => point(i, i)) },
  { kind: 'upsert', points: Array.from({ length: COUNT - 1000 }, (_, i) => point(1000 + i, 1000 + i)) },
];

/** After it: only the log has them. */
const LAST: WriteRequest[] = [
  { kind: 'upsert', points: [point(2n ** 64n - 1n, 5000), point(UUID, 5002)] },
  { kind: 'delete', selector: { ids: [3], filter: null } },
  { kind: 'setPayload', selector: { ids: [4], filter: null }, payload: json({ word: 'black' }), path: null },
  { kind: 'deleteVectors', selector: { ids: [6], filter: null }, names: ['b'] },
];
export const LAST_SEQUENCE = FIRST.length + LAST.length;
export const CHECKPOINT_SEQUENCE = FIRST.length;

/** Every point as a scroll tells it: id, payload, names of its vectors. */
export function expectedPoints(): string[] {
  const points: PointStruct[] = [];
  for (let i = 0; i < COUNT; i++) if (i !== 3) points.push(point(i, i));
  points.push(point(2n ** 64n - 1n, 5000), point(UUID, 5002));
  points.find(({ id }) => id === 4)!.payload = json({ n: 4, word: 'black' });
  points.find(({ id }) => id === 6)!.vectors.delete('b');
  return points.map(shown);
}

const shown = ({
  id,
  payload,
  vectors,
}: Omit<PointStruct, 'vectors'> & { vectors: PointStruct['vectors'] | null }) =>
  `${id} ${textOf(payload)} ${[...(vectors ?? [])].map(([name, v]) => (name === 'b' ? `b=${v}` : name))}`;

export async function foundPoints({ coordinator }: TestNode): Promise<string[]> {
  const request = { offset: null, limit: 5000, filter: null, withPayload: true, withVector: true };
  const { points } = await coordinator.scroll(context(), COLLECTION, request);
  return points.map(shown);
}

/** How many points have the word, by the index. */
export function countWord({ coordinator }: TestNode, word: string): Promise<number> {
  const condition = { kind: 'match', path: parsePayloadPath('word'), value: word } as const;
  const filter = { must: [condition], should: [], mustNot: [], minShould: null };
  return coordinator.count(context(), COLLECTION, { filter, exact: true });
}

async function writeAll(node: TestNode, requests: readonly WriteRequest[]): Promise<void> {
  for (const request of requests) await node.coordinator.write(context(), COLLECTION, [request], WAIT);
}

/** Waits for background work: then all points are in the graph. */
export async function untilGreen({ coordinator }: TestNode): Promise<void> {
  while ((await coordinator.collectionInfo(context(), COLLECTION)).status !== 'green') {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Writes the collection: a checkpoint of all that is in `FIRST`. */
export async function writeCheckpoint(files: Files, engine: Engine): Promise<void> {
  const node = await openTestNode({ files, engine });
  const vectors = {
    a: vectorParams(8, { distance: 'Cosine' }),
    b: vectorParams(4, { distance: 'Euclid', datatype: 'uint8' }),
  };
  const hnsw = { m: M, ef_construct: 40, full_scan_threshold: 1, max_indexing_threads: null };
  const hnsw_config = { ...hnsw, on_disk: null, memory: null, payload_m: null, inline_storage: null };
  await node.coordinator.createCollection(context(), COLLECTION, createRequest(vectors, { hnsw_config }));
  await writeAll(node, FIRST);
  await untilGreen(node);
  await node.close();
}

/** Goes on with what is in `LAST` and calls `look` before anything is closed: as if the process were killed then. */
export async function writeLast(files: Files, engine: Engine, look: () => Promise<void>): Promise<void> {
  const node = await openTestNode({ files, engine });
  await writeAll(node, LAST);
  await look();
  await node.close();
}
