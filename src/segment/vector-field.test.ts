import { expect, test } from 'vitest';
import { testConfig } from '../../test/harness/open-test-shard.ts';
import { ReferenceEngine } from '../engine/reference/reference-engine.ts';
import { SlotSet } from '../model/slot-set.ts';
import { systemClock } from '../shared/clock.ts';
import { MemoryFiles } from '../storage/files/memory-files.ts';
import { fieldParams } from './field-params.ts';
import { type FieldState, VectorField } from './vector-field.ts';

const params = fieldParams(testConfig(), '');
const engine = new ReferenceEngine(systemClock);

function openField(files: MemoryFiles, state: Partial<FieldState>): Promise<VectorField> {
  const options = { engine, files, path: 'seg/v0', name: '', params, capacity: 1000 };
  const empty = { count: 0, live: new SlotSet(), present: new SlotSet(), builtWith: null };
  return VectorField.open(options, { ...empty, linked: new Uint32Array(0), ...state });
}

/** Three vectors at slots 0 to 2, all in the graph, on disk. */
async function filled(files: MemoryFiles): Promise<VectorField> {
  const field = await openField(files, {});
  field.index.write(Uint32Array.of(0, 1, 2), Float32Array.of(0, 1, 2, 3, 4, 5));
  for (const slot of [0, 1, 2]) field.present.add(slot);
  await field.index.link({ max: 10, threads: 1 });
  await field.index.sync();
  return field;
}

test('slots at the end of the segment that have no such vector do not count', async () => {
  const files = new MemoryFiles();
  await (await filled(files)).close();
  const live = SlotSet.below(70);
  const present = SlotSet.of([0, 1, 2]);
  const field = await openField(files, { count: 70, live, present, linked: Uint32Array.of(0b111, 0, 0) });
  expect(field.index.count).toBe(3);
  expect([...field.index.read(Uint32Array.of(2))]).toEqual([4, 5]);
  await field.close();
});

test('the stored graph is used when it was built with the same parameters, and removed otherwise', async () => {
  const files = new MemoryFiles();
  await (await filled(files)).close();
  const live = SlotSet.below(3);
  const linked = Uint32Array.of(0b111);
  const same = { m: params.m, efConstruct: params.efConstruct, codes: params.codes };
  for (const [builtWith, kept] of [
    [same, true],
    [{ ...same, m: 3 }, false],
    [{ ...same, codes: null }, false],
    [null, false],
  ] as const) {
    await files.replace('seg/v0.links', Buffer.from('links'));
    const state = { count: 3, live, present: live.clone(), linked, builtWith };
    const field = await openField(files, state);
    expect(field.index.linkedCount).toBe(kept ? 3 : 0);
    expect(await files.exists('seg/v0.links')).toBe(kept);
    expect([...field.index.read(Uint32Array.of(1))]).toEqual([2, 3]);
    await field.close();
  }
});

test('of an abandoned graph a checkpoint tells nothing, until another one has taken its place', async () => {
  const files = new MemoryFiles();
  const field = await filled(files);
  const live = SlotSet.below(3);
  expect([...field.storedLinks()]).toEqual([0b111]);
  expect(field.abandonGraph({ ...params, fullScanThreshold: 7 })).toBe(false);
  expect(field.abandonGraph({ ...params, m: 3 })).toBe(true);
  expect(field.builtWith).toBeNull();
  expect([...field.storedLinks()]).toEqual([0]);
  expect(field.index.linkedCount).toBe(3);
  const closeFormer = await field.reconfigure({ ...params, m: 3 }, live);
  expect(field.builtWith?.m).toBe(3);
  expect(field.index.linkedCount).toBe(0);
  expect([...field.index.read(Uint32Array.of(1))]).toEqual([2, 3]);
  await closeFormer!();
  await field.close();
});
