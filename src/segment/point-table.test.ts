import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePointIds, type PointId } from '../model/point-id.ts';
import { MemoryFiles } from '../storage/files/memory-files.ts';
import { openRecords } from '../storage/records/open-records.ts';
import type { Records } from '../storage/records/records.ts';
import { placeOf } from './place.ts';
import { type PointRow, PointTable } from './point-table.ts';

const IDS: readonly PointId[] = [
  0,
  1,
  7,
  2 ** 53 - 1,
  2n ** 53n,
  2n ** 64n - 1n,
  '00000000-0000-4000-8000-000000000000',
  'ffffffff-ffff-4fff-bfff-ffffffffffff',
];

type Step =
  | { kind: 'put' | 'putRow' | 'drop'; id: PointId; payload: string | null }
  | { kind: 'freeze' | 'committed' | 'unfreeze' | 'reopen' };

const id = fc.constantFrom(...IDS);
const payload = fc.constantFrom('{}', '{"a":1}', null);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('put', 'putRow', 'drop'), id, payload }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('freeze', 'committed', 'unfreeze', 'reopen') }),
  },
);

/** The table beside a map; a frozen part is committed, or counts as changed again, in between. */
class Run {
  readonly expected = new Map<PointId, { place: number; row: PointRow }>();
  #committed = new Map<PointId, { place: number; row: PointRow }>();
  #frozen: {
    changes: Parameters<Records['commit']>[0];
    state: Map<PointId, { place: number; row: PointRow }>;
  } | null = null;
  #table = new PointTable(null);
  #nextSlot = 0;
  readonly #records: Records;
  #hasRecords = false;

  constructor(records: Records) {
    this.#records = records;
  }

  async do(step: Step, version: number): Promise<void> {
    switch (step.kind) {
      case 'put':
        return this.#put(step.id, rowOf(step, version));
      case 'putRow': {
        const known = this.expected.get(step.id);
        if (known === undefined) return;
        const row = rowOf(step, version);
        this.#table.putRow(known.place, row);
        this.expected.set(step.id, { place: known.place, row });
        return;
      }
      case 'drop': {
        const known = this.expected.get(step.id);
        if (known === undefined) return;
        this.#table.drop(step.id, known.place);
        this.expected.delete(step.id);
        return;
      }
      case 'freeze':
        if (this.#frozen !== null) return;
        this.#frozen = { changes: [...this.#table.freeze()], state: new Map(this.expected) };
        return;
      case 'committed':
        if (this.#frozen === null) return;
        await this.#records.commit(this.#frozen.changes);
        this.#table.committed(this.#records);
        this.#hasRecords = true;
        this.#committed = this.#frozen.state;
        this.#frozen = null;
        return;
      case 'unfreeze':
        this.#table.unfreeze();
        this.#frozen = null;
        return;
      case 'reopen':
        this.#table = new PointTable(this.#hasRecords ? this.#records : null);
        this.#frozen = null;
        this.expected.clear();
        for (const [id, entry] of this.#committed) this.expected.set(id, entry);
        return;
    }
  }

  check(from: PointId | null, limit: number): void {
    for (const id of IDS) {
      const known = this.expected.get(id);
      expect(this.#table.locate(id)).toBe(known?.place);
      if (known !== undefined) expect(readable(this.#table.row(known.place))).toEqual(readable(known.row));
    }
    const ids = [...this.expected.keys()].sort(comparePointIds);
    const rest = ids.filter((id) => from === null || comparePointIds(id, from) >= 0).slice(0, limit);
    const page = rest.map((id) => ({ id, place: this.expected.get(id)!.place }));
    expect(this.#table.page(from, limit)).toEqual(page);
  }

  #put(id: PointId, row: PointRow): void {
    const known = this.expected.get(id);
    if (known !== undefined) this.#table.drop(id, known.place);
    const place = placeOf(1, this.#nextSlot++);
    this.#table.put(place, row);
    this.expected.set(id, { place, row });
  }
}

const rowOf = (step: { id: PointId; payload: string | null }, version: number): PointRow => ({
  id: step.id,
  version,
  payload: step.payload === null ? null : Buffer.from(step.payload),
});

const readable = (row: PointRow | undefined) =>
  row && { ...row, payload: row.payload && Buffer.from(row.payload).toString() };

test('the table agrees with a map through freezes, commits, failed commits and reopenings', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.option(id),
      fc.integer({ min: 1, max: 9 }),
      async (steps, from, limit) => {
        const records = await openRecords(new MemoryFiles(), 'records');
        const run = new Run(records);
        for (const [i, step] of steps.entries()) {
          await run.do(step, i + 1);
          run.check(from, limit);
        }
        await records.close();
      },
    ),
    { numRuns: 150, seed: 5 },
  );
});

test('the bytes of changed points fall to nothing with a freeze and come back with a failed commit', () => {
  const table = new PointTable(null);
  const row: PointRow = { id: 1, version: 1, payload: Buffer.alloc(1000) };
  table.put(placeOf(0, 0), row);
  const bytes = table.changedBytes;
  expect(bytes).toBeGreaterThan(1000);
  table.freeze();
  expect(table.changedBytes).toBe(0);
  table.unfreeze();
  expect(table.changedBytes).toBe(bytes);
});
