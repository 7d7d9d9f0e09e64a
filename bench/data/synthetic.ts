import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Distance } from '../../src/model/distance.ts';
import type { Manifest } from './data-folder.ts';
import { exactNeighbours } from './exact.ts';
import { Random } from './random.ts';

export interface SyntheticOptions {
  dim: number;
  count: number;
  queries: number;
  seed: number;
  distance: Distance;
  /** Centres that the rows scatter around; more clusters than 1 make an index work as real data does. */
  clusters: number;
  /** Neighbours per query in gt.i32; 0 leaves out the ground truth (exact search of 1 M rows takes minutes). */
  groundTruth: number;
}

export const SYNTHETIC_DEFAULTS: SyntheticOptions = {
  dim: 64,
  count: 10_000,
  queries: 100,
  seed: 1,
  distance: 'Cosine',
  clusters: 100,
  groundTruth: 100,
};

/** Share of rows that carry the value "yes" of the payload key. */
export const SELECTIVITY_KEYS: Readonly<Record<string, number>> = {
  s0_1: 0.001,
  s1: 0.01,
  s10: 0.1,
  s50: 0.5,
};
const EPOCH_2020 = 1_577_836_800_000;
const COLOURS = ['red', 'green', 'blue', 'yellow', 'black', 'white', 'grey', 'pink'] as const;

/** Rows written at a time: bounds the memory of large sets. */
const ROWS_AT_A_TIME = 8_192;

/** Makes the rows one after the other; the same options give the same rows. */
export class SyntheticSource {
  readonly #options: SyntheticOptions;
  readonly #centres: Float32Array;
  readonly #random: Random;

  constructor(options: SyntheticOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#centres = new Float32Array(options.clusters * options.dim);
    for (let i = 0; i < this.#centres.length; i++) this.#centres[i] = this.#random.gauss();
  }

  /** Fills `into` (whole rows) and returns the cluster of each row. Clusters are of unequal size, as in real data. */
  fill(into: Float32Array): Uint32Array {
    const { dim, clusters } = this.#options;
    const random = this.#random;
    const chosen = new Uint32Array(into.length / dim);
    for (let row = 0; row < chosen.length; row++) {
      const cluster = Math.floor(random.next() * random.next() * clusters);
      chosen[row] = cluster;
      for (let i = 0; i < dim; i++) {
        into[row * dim + i] = this.#centres[cluster * dim + i]! + 0.7 * random.gauss();
      }
    }
    return chosen;
  }

  /** JSON text of a row's payload; `cluster` makes one field correlated with the vectors. */
  payload(row: number, cluster: number): string {
    const random = this.#random;
    const flags = Object.entries(SELECTIVITY_KEYS)
      .map(([key, share]) => `"${key}":"${random.next() < share ? 'yes' : 'no'}"`)
      .join(',');
    const time = new Date(EPOCH_2020 + random.below(5 * 365 * 86_400) * 1_000).toISOString();
    return (
      `{"row":${row},"cluster":"c${cluster}","colour":"${random.pick(COLOURS)}",${flags},` +
      `"price":${random.below(100_000) / 100},"active":${random.next() < 0.3},"created":"${time}",` +
      `"tags":["t${random.below(20)}","t${random.below(20)}"]}`
    );
  }
}

/** Writes a data folder. Rows are made and written in pieces, so that memory stays small unless ground truth is asked. */
export function writeSynthetic(folder: string, options: SyntheticOptions): Manifest {
  const { dim, count, queries, distance, groundTruth } = options;
  mkdirSync(folder, { recursive: true });
  const source = new SyntheticSource(options);
  const queryRows = new Float32Array(queries * dim);
  source.fill(queryRows);
  writeFileSync(join(folder, 'query.f32'), bytesOf(queryRows));

  const base = groundTruth > 0 ? new Float32Array(count * dim) : null;
  writeRows(folder, options, source, base);
  const width = Math.min(groundTruth, count);
  if (base) {
    const truth = exactNeighbours({ distance, dim, base, queries: queryRows, topK: width });
    writeFileSync(join(folder, 'gt.i32'), bytesOf(truth));
  }
  const name = `synthetic-${count}x${dim}`;
  const manifest: Manifest = { name, dim, distance, count, queries, groundTruth: width };
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest)}\n`);
  return manifest;
}

function writeRows(
  folder: string,
  { dim, count }: SyntheticOptions,
  source: SyntheticSource,
  keep: Float32Array | null,
): void {
  const vectors = openSync(join(folder, 'base.f32'), 'w');
  const payloads = openSync(join(folder, 'payload.jsonl'), 'w');
  for (let row = 0; row < count; row += ROWS_AT_A_TIME) {
    const rows = Math.min(ROWS_AT_A_TIME, count - row);
    const piece = new Float32Array(rows * dim);
    const clusters = source.fill(piece);
    let text = '';
    for (let i = 0; i < rows; i++) text += `${source.payload(row + i, clusters[i]!)}\n`;
    keep?.set(piece, row * dim);
    writeSync(vectors, bytesOf(piece));
    writeSync(payloads, text);
  }
  closeSync(vectors);
  closeSync(payloads);
}

const bytesOf = (array: Float32Array | Int32Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
