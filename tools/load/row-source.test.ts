import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DataFolder, openDataFolder, payloadLines, readBase } from '../../bench/data/data-folder.ts';
import { SYNTHETIC_DEFAULTS, writeSynthetic } from '../../bench/data/synthetic.ts';
import { RowSource } from './row-source.ts';

const DIM = 8;
let folder = '';
let data: DataFolder;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sextant-rows-'));
  // More payload than one block of the reader holds.
  writeSynthetic(folder, { ...SYNTHETIC_DEFAULTS, count: 7_000, dim: DIM, queries: 1, groundTruth: 0 });
  data = openDataFolder(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Point {
  id: number;
  vector: number[];
  payload?: unknown;
}

function allPoints(source: RowSource, batch: number): Point[] {
  const points: Point[] = [];
  for (let next = source.next(batch); next !== null; next = source.next(batch)) {
    const body = JSON.parse(next.body.toString()) as { points: Point[] };
    expect(body.points).toHaveLength(next.points);
    points.push(...body.points);
  }
  source.close();
  return points;
}

describe('RowSource', () => {
  it('makes upsert bodies of all rows, with exact vectors and their payloads', async () => {
    const points = allPoints(new RowSource(data), 999);
    expect(points.map(({ id }) => id)).toEqual(Array.from({ length: 7_000 }, (_, i) => i));
    expect(Float32Array.from(points.flatMap(({ vector }) => vector))).toEqual(readBase(data));
    const payloads: unknown[] = [];
    for await (const line of payloadLines(data)) payloads.push(JSON.parse(line));
    expect(points.map(({ payload }) => payload)).toEqual(payloads);
  });

  it('stops at a limit', () => {
    expect(allPoints(new RowSource(data, 25), 10)).toHaveLength(25);
  });

  it('leaves out payloads when there are none', () => {
    unlinkSync(join(folder, 'payload.jsonl'));
    const [first] = allPoints(new RowSource(data, 1), 10);
    expect(first).toEqual({ id: 0, vector: expect.any(Array) });
  });
});
