import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DISTANCES, type Distance } from '../../src/model/distance.ts';

/**
 * A data folder: `manifest.json`, `base.f32` (count x dim), `query.f32` (queries x dim), `gt.i32` (queries x groundTruth
 * row numbers, nearest first) and `payload.jsonl` (a JSON object per row). Little-endian; a row's number is its point id.
 */
export interface Manifest {
  name: string;
  dim: number;
  distance: Distance;
  count: number;
  queries: number;
  /** Row numbers per query in gt.i32; 0 when there is no ground truth. */
  groundTruth: number;
}

export interface DataFolder {
  readonly path: string;
  readonly manifest: Manifest;
}

/** Reads the manifest and checks that the files have the sizes it tells; throws an Error that names what is wrong. */
export function openDataFolder(path: string): DataFolder {
  const file = join(path, 'manifest.json');
  if (!existsSync(file)) throw new Error(`${path} is no data folder: it has no manifest.json`);
  const manifest = checkManifest(file, JSON.parse(readFileSync(file, 'utf8')));
  const { dim, count, queries, groundTruth } = manifest;
  checkSize(path, 'base.f32', count * dim * 4);
  checkSize(path, 'query.f32', queries * dim * 4);
  if (groundTruth > 0) checkSize(path, 'gt.i32', queries * groundTruth * 4);
  return { path, manifest };
}

function checkManifest(file: string, value: unknown): Manifest {
  const manifest = value as Manifest;
  const positive = (key: 'dim' | 'count' | 'queries'): boolean =>
    Number.isSafeInteger(manifest[key]) && manifest[key] > 0;
  if (typeof manifest !== 'object' || manifest === null) throw new Error(`${file}: not a JSON object`);
  for (const key of ['dim', 'count', 'queries'] as const) {
    if (!positive(key)) throw new Error(`${file}: ${key} must be a positive integer`);
  }
  if (!DISTANCES.includes(manifest.distance)) {
    throw new Error(`${file}: distance must be one of ${DISTANCES.join(', ')}`);
  }
  return { ...manifest, groundTruth: manifest.groundTruth ?? 0 };
}

function checkSize(folder: string, name: string, bytes: number): void {
  const path = join(folder, name);
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  const size = statSync(path).size;
  if (size !== bytes) throw new Error(`${path} has ${size} bytes, the manifest asks for ${bytes}`);
}

/** All base vectors, count x dim. */
export const readBase = (data: DataFolder): Float32Array => readFloats(data, 'base.f32');
/** All query vectors, queries x dim. */
export const readQueries = (data: DataFolder): Float32Array => readFloats(data, 'query.f32');

/** queries x groundTruth row numbers; null when the folder has no ground truth. */
export function readGroundTruth(data: DataFolder): Int32Array | null {
  if (data.manifest.groundTruth === 0) return null;
  const bytes = readWhole(data, 'gt.i32');
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function readFloats(data: DataFolder, name: string): Float32Array {
  const bytes = readWhole(data, name);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

function readWhole(data: DataFolder, name: string): Uint8Array {
  const bytes = readFileSync(join(data.path, name));
  return bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
}

/** The payload lines as text, in row order; ends without any when there is no payload.jsonl. */
export async function* payloadLines(data: DataFolder): AsyncGenerator<string> {
  const path = join(data.path, 'payload.jsonl');
  if (!existsSync(path)) return;
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== '') yield line;
}
