import { expect, test } from 'vitest';
import { SextantError } from '../../src/model/errors.ts';
import { parsePayload } from '../../src/model/payload.ts';
import type { WriteRequest } from '../../src/model/write.ts';
import { seededRandom } from '../../src/shared/seeded-random.ts';
import { type CrashMode, FaultFiles, type FaultKind } from '../../src/storage/files/fault-files.ts';
import { context, createRequest, json, NO_WAIT, queryRequest } from '../harness/open-test-node.ts';
import { checkpoint, openScriptNode, type ScriptNode } from './script.ts';

const WRITES = 16;
const POINTS = 5;

/** What each point may be: its value (null = not there) by the acknowledged writes, and by one that was refused. */
class Expected {
  readonly #acknowledged = new Map<number, number | null>();
  readonly #refused = new Map<number, (number | null)[]>();

  acknowledge(id: number, value: number | null): void {
    this.#acknowledged.set(id, value);
    this.#refused.delete(id);
  }

  refuse(id: number, value: number | null): void {
    this.#refused.set(id, [...(this.#refused.get(id) ?? []), value]);
  }

  check(found: ReadonlyMap<number, number>): void {
    for (let id = 0; id < POINTS; id++) {
      const allowed = [this.#acknowledged.get(id) ?? null, ...(this.#refused.get(id) ?? [])];
      expect(allowed, `point ${id}`).toContain(found.get(id) ?? null);
    }
  }
}

/** All points, by scroll; a search finds the same. */
async function values(node: ScriptNode): Promise<Map<number, number>> {
  const { coordinator, clock } = node;
  const all = { offset: null, limit: 100, filter: null, withPayload: true, withVector: false };
  const { points } = await coordinator.scroll(context(clock), 'c', all);
  const query = queryRequest({ query: { vector: Float32Array.of(1, 1) }, limit: 100 });
  const [hits] = await coordinator.query(context(clock), 'c', [query]);
  expect(hits!.map(({ id }) => id).sort()).toEqual(points.map(({ id }) => id).sort());
  return new Map(points.map(({ id, payload }) => [Number(id), Number(parsePayload(payload!).n)]));
}

/** Writes or deletes a point. Resolves with the error of a refused write, or null. */
async function write(node: ScriptNode, expected: Expected, step: number): Promise<SextantError | null> {
  const id = step % POINTS;
  const value = step % 7 === 6 ? null : step;
  const vectors = new Map([['', Float32Array.of(step, 1)]]);
  const request: WriteRequest =
    value === null
      ? { kind: 'delete', selector: { ids: [id], filter: null } }
      : { kind: 'upsert', points: [{ id, vectors, payload: json({ n: value }) }] };
  try {
    await node.coordinator.write(context(node.clock), 'c', [request], NO_WAIT);
    expected.acknowledge(id, value);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(SextantError);
    expected.refuse(id, value);
    return error as SextantError;
  }
}

/** A run in which one event of the disk, or all from one on, fail. False when the run has no such event. */
async function runWithFault(
  kind: FaultKind,
  nth: number,
  code: 'EIO' | 'ENOSPC',
  count: number,
  mode: CrashMode,
) {
  const files = new FaultFiles();
  const expected = new Expected();
  let node = await openScriptNode(files);
  await node.coordinator.createCollection(context(node.clock), 'c', createRequest(2));
  let seen = 0;
  files.onEvent = (_event, event) => {
    if (event === kind) seen++;
  };
  files.failNth(kind, nth, code, count);
  let refused: SextantError | null = null;
  for (let step = 0; step < WRITES; step++) {
    const error = await write(node, expected, step);
    if (refused !== null) expect(error?.kind, 'a write after a refused one').toBe('unavailable');
    if (error !== null) {
      expect(error.kind).toBe('unavailable');
      expect(error.message).toContain('collections/');
    }
    refused = error;
    if (step % 5 === 4) await checkpoint(node);
  }
  expected.check(await values(node));
  const info = await node.coordinator.collectionInfo(context(node.clock), 'c');
  if (refused !== null) expect(info.status).toBe('red');
  const image = files.image(mode, seededRandom(nth));
  await node.close();
  files.failNth(kind, 1, code, 0);
  for (const reopened of [
    new FaultFiles({ image }),
    new FaultFiles({ image: files.image('kept', seededRandom(1)) }),
  ]) {
    node = await openScriptNode(reopened);
    expected.check(await values(node));
    for (let step = 0; step < POINTS; step++) expect(await write(node, new Expected(), step)).toBeNull();
    await checkpoint(node);
    await node.close();
  }
  return seen >= nth;
}

const KINDS: readonly FaultKind[] = ['write', 'sync', 'truncate', 'create', 'syncFolder'];

for (const kind of KINDS) {
  for (const [code, count] of [
    ['EIO', 1],
    ['ENOSPC', 1],
    ['ENOSPC', Number.POSITIVE_INFINITY],
  ] as const) {
    test(`${code} of ${count === 1 ? 'any one' : 'all further'} ${kind}: nothing acknowledged is lost, reads go on`, async () => {
      let nth = 1;
      for (const modes: CrashMode[] = ['lost', 'kept', 'torn']; nth < 200; nth++) {
        const mode = modes[nth % modes.length]!;
        try {
          if (!(await runWithFault(kind, nth, code, count, mode))) break;
        } catch (error) {
          throw new Error(`fault at ${kind} ${nth}, then ${mode}: ${(error as Error).message}`, {
            cause: error,
          });
        }
      }
      expect(nth).toBeGreaterThan(1);
    });
  }
}
