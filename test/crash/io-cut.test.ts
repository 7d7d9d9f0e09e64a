import { expect, test } from 'vitest';
import { seededRandom } from '../../src/shared/seeded-random.ts';
import { type CrashMode, type DiskImage, FaultFiles } from '../../src/storage/files/fault-files.ts';
import { context, json, NO_WAIT } from '../harness/open-test-node.ts';
import { difference, type NodeState, openScriptNode, Script } from './script.ts';

const SEED = 7;
const MODES: readonly CrashMode[] = ['lost', 'kept', 'torn'];

/** What a power cut before an event of the disk leaves, and what may be on it. */
interface Cut {
  event: number;
  mode: CrashMode;
  image: DiskImage;
  acknowledged: number;
  begun: number;
}

async function recordCuts(): Promise<{ cuts: Cut[]; states: readonly NodeState[] }> {
  const random = seededRandom(SEED);
  const files = new FaultFiles();
  const script = new Script(files, SEED);
  const cuts: Cut[] = [];
  files.onEvent = (event) => {
    const { acknowledged, begun } = script;
    for (const mode of MODES)
      cuts.push({ event, mode, image: files.image(mode, random), acknowledged, begun });
  };
  await script.run();
  return { cuts, states: script.states };
}

/** Which of the states the node holds after the cut; throws when it is none that may be. */
async function recover(files: FaultFiles, cut: Cut, states: readonly NodeState[]): Promise<NodeState> {
  const node = await openScriptNode(files);
  try {
    const problems: string[] = [];
    for (let n = cut.acknowledged; n <= cut.begun; n++) {
      const problem = await difference(node, states[n]!);
      if (problem === null) return states[n]!;
      problems.push(`not as after operation ${n}: ${problem}`);
    }
    throw new Error(problems.join('\n'));
  } finally {
    await node.close();
  }
}

/** Writes a point into every collection, restarts, and looks at everything again. */
async function goOn(files: FaultFiles, state: NodeState): Promise<void> {
  let node = await openScriptNode(files);
  const after = new Map(state);
  for (const [name, { points, m }] of state) {
    const vectors = new Map([['a', Float32Array.of(1, 2, 3)]]);
    const point = { id: 1000, vectors, payload: json({ word: 'red' }) };
    const changed = points.copy();
    changed.write({ kind: 'upsert', points: [point] });
    after.set(name, { points: changed, m });
    await node.coordinator.write(context(node.clock), name, [{ kind: 'upsert', points: [point] }], NO_WAIT);
  }
  for (let round = 0; round < 2; round++) {
    expect(await difference(node, after)).toBeNull();
    await node.close();
    node = await openScriptNode(files);
  }
  await node.close();
}

const described = async (cut: Cut, check: () => Promise<void>): Promise<void> => {
  try {
    await check();
  } catch (error) {
    const { event, mode, acknowledged, begun } = cut;
    const where = `cut before event ${event} (${mode}), ${acknowledged} of ${begun} acknowledged`;
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
};

test('a power cut before any write or sync loses nothing acknowledged and leaves no half operation', {
  timeout: 120_000,
}, async () => {
  const { cuts, states } = await recordCuts();
  expect(states.length).toBeGreaterThan(35);
  expect(cuts.length / MODES.length).toBeGreaterThan(300);
  for (const [i, cut] of cuts.entries()) {
    await described(cut, async () => {
      const files = new FaultFiles({ image: cut.image });
      const state = await recover(files, cut, states);
      if (i % 5 === 0) await goOn(files, state);
    });
  }
});

test('a second power cut, in the middle of the recovery from the first, loses nothing either', {
  timeout: 120_000,
}, async () => {
  const { cuts, states } = await recordCuts();
  const random = seededRandom(SEED + 1);
  let second = 0;
  for (const cut of cuts.filter((_, i) => i % 3 === 0)) {
    await described(cut, async () => {
      const files = new FaultFiles({ image: cut.image });
      files.crashAt(1 + Math.floor(random() * 30));
      const wasCut = await recover(files, cut, states).then(
        () => false,
        () => true,
      );
      if (wasCut) second++;
      const mode = MODES[Math.floor(random() * MODES.length)]!;
      files.crashAt(0);
      await recover(new FaultFiles({ image: files.image(mode, random) }), cut, states);
    });
  }
  expect(second).toBeGreaterThan(50);
});
