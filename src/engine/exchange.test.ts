import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Datatype } from '../model/collection-config.ts';
import { SlotSet } from '../model/slot-set.ts';
import { linkAll, slotsBelow } from './contract/harness.ts';
import { clusteredVectors, MemoryArenas } from './contract/test-data.ts';
import type { Engine, VectorIndexOptions } from './engine.ts';
import { openEngine } from './open-engine.ts';

const ARENAS = ['vectors', 'codes', 'links', 'upper'] as const;
const DIM = 19;
const COUNT = 700;

const optionsOf = (datatype: Datatype): VectorIndexOptions => ({
  ...{ dim: DIM, distance: 'Cosine', datatype, m: 8, efConstruct: 64, capacity: 10_000 },
  ...{
    codes: { quantile: 0.99 },
    arenas: null,
    count: 0,
    alive: new Uint32Array(),
    linked: new Uint32Array(),
  },
});
const vectors = clusteredVectors(COUNT, DIM, 1);
const query = vectors.subarray(DIM * 3, DIM * 4);
const request = { queries: query, topK: 10, ef: 50, strategy: 'graph' } as const;

/** Writes an index, opens its arenas with another engine, and compares what both find. */
async function handOver(
  datatype: Datatype,
  [from, fromArenas]: [Engine, VectorIndexOptions['arenas']],
  between: () => Promise<void>,
  [to, toArenas]: [Engine, VectorIndexOptions['arenas']],
): Promise<void> {
  const first = await from.openIndex({ ...optionsOf(datatype), arenas: fromArenas });
  first.write(slotsBelow(COUNT), vectors);
  await linkAll(first);
  const linked = first.linkedWords();
  await first.sync();
  const before = first.searchSync(request);
  const stored = first.read(slotsBelow(COUNT));
  await first.close();
  await between();
  const alive = SlotSet.below(COUNT).words;
  const second = await to.openIndex({
    ...optionsOf(datatype),
    arenas: toArenas,
    count: COUNT,
    alive,
    linked,
  });
  expect([second.linkedCount, second.unlinkedCount]).toEqual([COUNT, 0]);
  expect(second.read(slotsBelow(COUNT))).toEqual(stored);
  const after = second.searchSync(request);
  expect([...after.slots]).toEqual([...before.slots]);
  expect(after.cost.distances).toBeLessThan(COUNT);
  await second.close();
}

const native = await openEngine({ prefer: 'native', threads: 1 });
const wasm = await openEngine({ prefer: 'wasm', threads: 1 });
const datatypes: Datatype[] = ['float32', 'float16', 'uint8'];

test.each(datatypes)(
  '%s: files that the native engine mapped open in WASM, and the other way round',
  async (datatype) => {
    // Without the addon both sides are WASM, and the files go through stores alone.
    const mapped = native.kind === 'native';
    const folder = mkdtempSync(join(tmpdir(), 'sextant-exchange-'));
    const realPath = join(folder, 'index');
    const fill = async (store: MemoryArenas): Promise<void> => {
      for (const name of ARENAS) {
        const path = `${realPath}.${name}`;
        if (existsSync(path)) await store.write(name, 0, readFileSync(path));
      }
    };
    const spill = async (store: MemoryArenas): Promise<void> => {
      for (const name of ARENAS) {
        const bytes = await store.read(name);
        if (bytes.length > 0) writeFileSync(`${realPath}.${name}`, bytes);
      }
    };
    const [outward, inward] = [new MemoryArenas(), new MemoryArenas()];
    const files = mapped ? { realPath } : outward;
    await handOver(datatype, [native, files], () => (mapped ? fill(outward) : Promise.resolve()), [
      wasm,
      outward,
    ]);
    for (const name of ARENAS) rmSync(`${realPath}.${name}`, { force: true });
    const back = mapped ? { realPath } : inward;
    await handOver(datatype, [wasm, inward], () => (mapped ? spill(inward) : Promise.resolve()), [
      native,
      back,
    ]);
    rmSync(folder, { recursive: true });
  },
);
