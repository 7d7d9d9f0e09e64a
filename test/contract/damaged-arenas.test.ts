import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openEngine } from '../../src/engine/open-engine.ts';
import { RealFiles } from '../../src/storage/files/real-files.ts';
import { context, openTestNode, queryRequest } from '../harness/open-test-node.ts';
import { unpackFolder } from './fixture-folder.ts';
import { COLLECTION, COUNT, expectedPoints, foundPoints, untilGreen, vectorA } from './format-folder.ts';

const SEGMENT = 'collections/00000001/shards/0/segments/0';

/** Codes and graph are hints and made again; only vectors are the truth (docs/FORMATS.md, Arenas). */
describe.each(['native', 'wasm'] as const)('%s core, or the next best', (prefer) => {
  let root: string;
  let engine: Engine;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'sextant-damage-'));
    engine = await openEngine({ prefer, threads: 1 });
  });
  afterAll(async () => {
    await engine.close();
    rmSync(root, { recursive: true, force: true });
  });

  function copyOf(title: string): { folder: string; arena(name: string): string } {
    const folder = join(root, title);
    unpackFolder('test/fixtures/format-1', folder);
    return { folder, arena: (name) => join(folder, SEGMENT, `v0.${name}`) };
  }

  const zeroHeader = (path: string): void => writeFileSync(path, Buffer.alloc(4096), { flag: 'r+' });
  const noise = Buffer.from(
    Array.from({ length: 40_000 }, (_, i) => (Math.imul(i, 0x9e3779b1) >>> 13) & 255),
  );

  test.each<[string, (arena: (name: string) => string) => void]>([
    ['links without a header', (arena) => zeroHeader(arena('links'))],
    ['links cut short', (arena) => truncateSync(arena('links'), 5000)],
    ['no upper links', (arena) => rmSync(arena('upper'))],
    ['codes without a header', (arena) => zeroHeader(arena('codes'))],
    ['no codes', (arena) => rmSync(arena('codes'))],
    [
      'no file but vectors',
      (arena) => {
        for (const name of ['codes', 'links', 'upper']) rmSync(arena(name));
      },
    ],
    [
      'headers of noise',
      (arena) => {
        for (const name of ['codes', 'links'])
          writeFileSync(arena(name), noise.subarray(0, 4096), { flag: 'r+' });
      },
    ],
  ])('%s', async (title, damage) => {
    const { folder, arena } = copyOf(title);
    damage(arena);
    const node = await openTestNode({ files: new RealFiles(folder), engine });
    const look = async (): Promise<void> => {
      expect(await foundPoints(node)).toEqual(expectedPoints());
      const queries = [0, 77, 1042].map((i) => queryRequest({ query: { vector: vectorA(i) }, using: 'a' }));
      const results = await node.coordinator.query(context(), COLLECTION, queries);
      expect(results.map((hits) => hits[0]?.id)).toEqual([0, 77, 1042]);
    };
    await look();
    await untilGreen(node);
    await look();
    const info = await node.coordinator.collectionInfo(context(), COLLECTION);
    expect(info.indexedVectorsCount).toBeGreaterThan(COUNT * 1.4);
    await node.close();
    expect(existsSync(arena('links'))).toBe(true);
  });

  test.each<[string, (path: string) => void]>([
    ['vectors cut short', (path) => truncateSync(path, 5000)],
    ['no vectors', (path) => rmSync(path)],
  ])('%s: the collection is refused', async (title, damage) => {
    const { folder, arena } = copyOf(title);
    damage(arena('vectors'));
    const node = await openTestNode({ files: new RealFiles(folder), engine });
    const info = node.coordinator.collectionInfo(context(), COLLECTION);
    await expect(info).rejects.toMatchObject({ kind: 'unavailable' });
    await node.close();
  });
});
