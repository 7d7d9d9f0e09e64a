import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataFolder, payloadLines, readBase, readGroundTruth, readQueries } from './data-folder.ts';
import { exactNeighbours, recall } from './exact.ts';
import { valuesBySelectivity } from './selectivity.ts';
import { SYNTHETIC_DEFAULTS, writeSynthetic } from './synthetic.ts';

const options = { ...SYNTHETIC_DEFAULTS, count: 3_000, dim: 16, queries: 10, groundTruth: 20 };
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sextant-data-'));
  writeSynthetic(join(folder, 'a'), options);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('synthetic data folder', () => {
  it('has the sizes the manifest tells, and a payload object per row', async () => {
    const data = openDataFolder(join(folder, 'a'));
    expect(data.manifest).toMatchObject({ dim: 16, count: 3_000, queries: 10, groundTruth: 20 });
    expect(readBase(data)).toHaveLength(3_000 * 16);
    expect(readQueries(data)).toHaveLength(10 * 16);
    const rows: unknown[] = [];
    for await (const line of payloadLines(data)) rows.push(JSON.parse(line));
    expect(rows).toHaveLength(3_000);
    expect(rows[17]).toMatchObject({ row: 17, active: expect.any(Boolean), created: expect.any(String) });
  });

  it('is the same for the same seed and another for another', () => {
    writeSynthetic(join(folder, 'b'), options);
    writeSynthetic(join(folder, 'c'), { ...options, seed: 2 });
    const read = (name: string, file: string): Buffer => readFileSync(join(folder, name, file));
    expect(read('b', 'payload.jsonl').equals(read('a', 'payload.jsonl'))).toBe(true);
    expect(read('b', 'base.f32').equals(read('a', 'base.f32'))).toBe(true);
    expect(read('c', 'base.f32').equals(read('a', 'base.f32'))).toBe(false);
  });

  it('holds the true nearest rows', () => {
    const data = openDataFolder(join(folder, 'a'));
    const base = readBase(data);
    const queries = readQueries(data);
    const truth = readGroundTruth(data)!;
    const cosine = (q: number, row: number): number => {
      let dot = 0;
      let a = 0;
      let b = 0;
      for (let i = 0; i < 16; i++) {
        const x = queries[q * 16 + i]!;
        const y = base[row * 16 + i]!;
        dot += x * y;
        a += x * x;
        b += y * y;
      }
      return dot / Math.sqrt(a * b);
    };
    for (let q = 0; q < 10; q++) {
      const all = Array.from({ length: 3_000 }, (_, row) => cosine(q, row)).sort((x, y) => y - x);
      const worst = Math.min(...truth.subarray(q * 20, q * 20 + 20).map((row) => cosine(q, row) * 1e6)) / 1e6;
      expect(worst).toBeGreaterThan(all[19]! - 1e-5);
    }
  });

  it('is refused with the file named when a file has another size', () => {
    const path = join(folder, 'b');
    writeFileSync(join(path, 'query.f32'), Buffer.alloc(8));
    expect(() => openDataFolder(path)).toThrow(/query\.f32 has 8 bytes/);
    expect(() => openDataFolder(join(folder, 'none'))).toThrow(/no manifest\.json/);
  });
});

describe('valuesBySelectivity', () => {
  it('finds values of the wanted shares and their rows', async () => {
    const data = openDataFolder(join(folder, 'a'));
    const values = await valuesBySelectivity(data, [0.01, 0.1, 0.5]);
    expect(values).toHaveLength(3);
    const lines: Record<string, unknown>[] = [];
    for await (const line of payloadLines(data)) lines.push(JSON.parse(line));
    for (const { key, value, rows, selectivity } of values) {
      const expected = lines.flatMap((line, row) => (line[key] === value ? [row] : []));
      expect([...rows]).toEqual(expected);
      expect(selectivity).toBeCloseTo(rows.length / 3_000);
    }
  });
});

describe('recall', () => {
  const truth = Int32Array.of(1, 2, 3, 4, 5, -1);
  it('counts the true neighbours among the first found', () => {
    expect(
      recall(
        [
          [1, 2, 3],
          [4, 9, 5],
        ],
        truth,
        3,
        3,
      ),
    ).toBe(1);
    expect(
      recall(
        [
          [1, 9, 8],
          [4, 9, 8],
        ],
        truth,
        3,
        3,
      ),
    ).toBeCloseTo((1 / 3 + 1 / 2) / 2);
    expect(recall([[9, 9, 9, 1], [9]], truth, 3, 3)).toBe(0);
  });

  it('is 1 for what exact search among some rows finds', () => {
    const base = Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3);
    const queries = Float32Array.of(0.9, 0.9);
    const rows = Uint32Array.of(0, 2, 3);
    const found = exactNeighbours({ distance: 'Euclid', dim: 2, base, queries, topK: 4, rows });
    expect([...found]).toEqual([0, 2, 3, -1]);
    expect(recall([[3, 2, 0]], found, 4, 3)).toBe(1);
  });
});
