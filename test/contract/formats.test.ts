import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engine/open-engine.ts';
import { ReferenceEngine } from '../../src/engine/reference/reference-engine.ts';
import { systemClock } from '../../src/shared/clock.ts';
import { MemoryFiles } from '../../src/storage/files/memory-files.ts';
import { RealFiles } from '../../src/storage/files/real-files.ts';
import { openRecords } from '../../src/storage/records/open-records.ts';
import { context, openTestNode, queryRequest } from '../harness/open-test-node.ts';
import * as by from './decode-by-hand.ts';
import { filesBelow, unpackFolder, writeFolder } from './fixture-folder.ts';
import * as format from './format-folder.ts';

const FOLDER = 'collections/00000001';
const SHARD = `${FOLDER}/shards/0`;
const SEGMENT = `${SHARD}/segments/0`;
const { COUNT, M } = format;
const ALL = Array.from({ length: COUNT }, (_, slot) => slot);
const EVEN = ALL.filter((slot) => slot % 2 === 0);

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sextant-formats-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What docs/FORMATS.md says of a shard's records after the checkpoint. */
function checkRecords(entries: by.Entries): void {
  const state = JSON.parse(entries.get(by.stateKey)!.toString());
  expect(state).toMatchObject({ format: 1, sequence: format.CHECKPOINT_SEQUENCE });
  expect(Object.keys(state)).toEqual(['format', 'sequence', 'segments', 'indexes']);
  const built = { m: M, efConstruct: 40 };
  expect(state.segments).toEqual([
    {
      id: 0,
      count: COUNT,
      capacity: expect.any(Number),
      builtWith: { a: { ...built, codes: { quantile: 1 } }, b: { ...built, codes: null } },
    },
  ]);
  expect(state.indexes.map(({ path, ready }: { path: string; ready: boolean }) => [path, ready])).toEqual([
    ['word', true],
    ['n', true],
  ]);
  expect(entries.get(by.numberKey(0, 1042))).toEqual(Buffer.concat([by.u16(0), by.u32(1042)]));
  const row = entries.get(by.rowKey(0, 1042))!;
  expect(row.readDoubleLE(0)).toBe(4);
  expect(row.subarray(8, 17).toString('hex')).toBe(by.numberKey(0, 1042).slice(2));
  expect(row.subarray(17).toString()).toBe('{"n":1042,"word":"green"}');
  expect(by.slotsOf(entries.get(by.bitmapKey(0, 'live', 0))!)).toEqual(ALL);
  expect(by.slotsOf(entries.get(by.bitmapKey(0, 'present:a', 0))!)).toEqual(ALL);
  expect(by.slotsOf(entries.get(by.bitmapKey(0, 'present:b', 0))!)).toEqual(EVEN);
  expect(by.slotsOf(entries.get(by.bitmapKey(0, 'linked:a', 0))!)).toEqual(ALL);
  expect(by.slotsOf(entries.get(by.bitmapKey(0, 'linked:b', 0))!)).toEqual(EVEN);
  checkPayloadIndexes(entries);
  const kinds = new Set([...entries.keys()].map((key) => Buffer.from(key, 'hex').toString('latin1', 0, 1)));
  expect([...kinds].sort()).toEqual(['b', 'f', 'i', 'p', 's']);
}

function checkPayloadIndexes(entries: by.Entries): void {
  const header = entries.get(by.indexKey(0, 'word', 0xffffffff))!;
  expect([...header.subarray(0, 3)]).toEqual([1, 0, 1]);
  expect([3, 7, 11].map((at) => header.readUInt32LE(at))).toEqual([COUNT, COUNT, 0]);
  expect(header.length).toBe(19);
  const words = by.keywordBlock(entries.get(by.indexKey(0, 'word', 0))!);
  expect(words).toEqual(ALL.map((i) => format.WORDS[i % 3]));
  const numbers = entries.get(by.indexKey(0, 'n', 0))!;
  expect([numbers[0], numbers[1], numbers.readUInt16LE(2)]).toEqual([1, 0, COUNT]);
  const flags = by.packedColumn(numbers, 4, COUNT);
  const counts = by.packedColumn(numbers, flags.end, COUNT);
  expect([flags.values[0], counts.values[0], numbers[counts.end]]).toEqual([20, 1, 0]);
  expect(by.packedColumn(numbers, counts.end + 1, COUNT).values).toEqual(ALL);
}

function checkCollectionFile(bytes: Uint8Array): void {
  const stored = JSON.parse(Buffer.from(bytes).toString());
  expect(stored).toMatchObject({ format: 1, name: format.COLLECTION, config: { hnsw_config: { m: M } } });
  expect(stored.config.vectors.map(([name]: [string]) => name)).toEqual(['a', 'b']);
}

test('memory files hold what FORMATS.md says', async () => {
  const files = new MemoryFiles();
  await format.writeCheckpoint(files, new ReferenceEngine(systemClock));
  checkCollectionFile(await files.read(`${FOLDER}/collection.json`));
  expect(await files.list(SHARD)).toEqual(['records', 'segments', 'wal']);
  checkRecords(by.readRecordsLog(await files.read(`${SHARD}/records/records.log`)));
  expect(await files.list(SEGMENT)).toEqual(['v0.vectors', 'v1.vectors']);
  const rows = await files.read(`${SEGMENT}/v1.vectors`);
  expect(rows.length).toBe((COUNT - 1) * 4);
});

describe.each([
  ['the fixture of format 1', async (to: string) => unpackFolder('test/fixtures/format-1', to)],
  ['a folder written now', writeFolder],
])('%s', (title, prepare) => {
  let folder: string;
  const read = (path: string): Buffer => readFileSync(join(folder, path));

  beforeAll(async () => {
    folder = join(root, title);
    await prepare(folder);
  });

  test('has the files that FORMATS.md names', () => {
    const names = filesBelow(folder).filter((path) => !/lock/.test(path));
    const arenas = ['v0.codes', 'v0.links', 'v0.upper', 'v0.vectors', 'v1.links', 'v1.upper', 'v1.vectors'];
    expect(names).toEqual([
      `${FOLDER}/collection.json`,
      `${SHARD}/records/data.mdb`,
      ...arenas.map((name) => `${SEGMENT}/${name}`),
      `${SHARD}/wal/00000000000000000001.wal`,
    ]);
    checkCollectionFile(read(`${FOLDER}/collection.json`));
  });

  test('has records as FORMATS.md says', async () => {
    const copy = join(root, `${title}, records`);
    unpackFolder(folder, copy);
    const records = await openRecords(new RealFiles(copy), `${SHARD}/records`);
    const entries = new Map<string, Buffer>();
    for (const { key, value } of records.range({ from: Buffer.of(0), to: Buffer.of(255) })) {
      entries.set(Buffer.from(key).toString('hex'), Buffer.from(value));
    }
    await records.close();
    checkRecords(entries);
  });

  test('has a log that goes on after the checkpoint', () => {
    const kinds = [8, 8, 0, 0, 0, 1, 4, 3];
    const records = kinds.map((kind, i) => ({ sequence: i + 1, version: 1, kind }));
    expect(by.readLogFile(read(`${SHARD}/wal/00000000000000000001.wal`))).toEqual(records);
    expect(records.length).toBe(format.LAST_SEQUENCE);
  });

  test('has arenas as FORMATS.md says', () => {
    const vectors = read(`${SEGMENT}/v0.vectors`);
    const codes = read(`${SEGMENT}/v0.codes`);
    expect(codes.toString('latin1', 0, 4)).toBe('SXTC');
    expect([4, 8, 12].map((at) => codes.readUInt32LE(at))).toEqual([1, 8, 1]);
    const [low, step] = [codes.readFloatLE(16), codes.readFloatLE(20)];
    expect(low).toBeCloseTo(-128 * step, 5);
    for (const slot of ALL) {
      const written = format.vectorA(slot);
      const length = Math.hypot(...written);
      for (const [at, value] of written.entries()) {
        // 32 bytes and 8 bytes: rounding them up to 64 would add more than a sixteenth.
        const stored = vectors.readFloatLE(slot * 32 + at * 4);
        expect(stored).toBeCloseTo(value / length, 5);
        expect(Math.abs(low + step * codes[4096 + slot * 8 + at]! - stored)).toBeLessThan(step);
      }
    }
    for (const name of filesBelow(join(folder, SEGMENT)))
      expect(read(`${SEGMENT}/${name}`).length % 65536).toBe(0);
  });

  test('has a graph as FORMATS.md says', () => {
    const links = read(`${SEGMENT}/v0.links`);
    const upper = read(`${SEGMENT}/v0.upper`);
    expect(links.toString('latin1', 0, 4)).toBe('SXTL');
    expect([links.readUInt32LE(4), links.readUInt32LE(8)]).toEqual([1, M]);
    const row = (bytes: Buffer, from: number, width: number): number[] => {
      const all = Array.from({ length: width }, (_, i) => bytes.readUInt32LE(from + i * 4));
      const end = all.indexOf(0);
      return end < 0 ? all : all.slice(0, end);
    };
    let at = 4096;
    let above = 0;
    for (const slot of ALL) {
      const near = row(links, 4096 + slot * 2 * M * 4, 2 * M);
      expect(near.length, `slot ${slot}`).toBeGreaterThan(0);
      for (const link of near) expect(link - 1).toBeLessThan(COUNT + 3);
      for (let level = 1; level <= by.levelOf(slot, M); level++, at += M * 4, above++) {
        for (const link of row(upper, at, M)) expect(by.levelOf(link - 1, M)).toBeGreaterThanOrEqual(level);
      }
    }
    expect(above).toBeGreaterThan(COUNT / 8);
  });

  test.each(['native', 'wasm'] as const)('opens with the %s core, or the next best', async (prefer) => {
    const copy = join(root, `${title}, ${prefer}`);
    unpackFolder(folder, copy);
    const engine = await openEngine({ prefer, threads: 1 });
    for (const attempt of ['after the kill', 'after a clean stop']) {
      const node = await openTestNode({ files: new RealFiles(copy), engine });
      const info = await node.coordinator.collectionInfo(context(), format.COLLECTION);
      expect(info.indexedVectorsCount, 'the stored graph is used').toBeGreaterThan(COUNT * 1.4);
      const expected = format.expectedPoints();
      expect(await format.foundPoints(node), attempt).toEqual(expected);
      for (const [word, count] of [
        ['red', 366],
        ['black', 1],
      ] as const) {
        expect(expected.filter((point) => point.includes(`"${word}"`)).length).toBe(count);
        expect(await format.countWord(node, word)).toBe(count);
      }
      const query = queryRequest({ query: { vector: format.vectorA(77) }, using: 'a', limit: 3 });
      const [hits] = await node.coordinator.query(context(), format.COLLECTION, [query]);
      expect(hits![0]).toMatchObject({ id: 77, score: expect.closeTo(1, 5) });
      await format.untilGreen(node);
      await node.close();
    }
    await engine.close();
  });
});
