import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotSet } from '../../model/slot-set.ts';
import { type CodesOfSlots, Postings } from './postings.ts';

const NO_SLOTS: CodesOfSlots = () => {};

function slotsOf(postings: Postings, code: number): number[] {
  const set = new SlotSet();
  postings.addTo(code, set);
  expect(set.count()).toBe(postings.count(code));
  return [...set];
}

describe('postings', () => {
  it('hold what was found at the start and what changed since', () => {
    const step = fc.record({ add: fc.boolean(), code: fc.nat(5), slot: fc.nat(400) });
    const initial = fc.array(fc.uniqueArray(fc.nat(4), { maxLength: 3 }), { maxLength: 300 });
    fc.assert(
      fc.property(initial, fc.array(step, { maxLength: 300 }), (codesBySlot, steps) => {
        const model = Array.from({ length: 6 }, () => new Set<number>());
        const postings = new Postings(5, (visit) => {
          for (const [slot, codes] of codesBySlot.entries()) for (const code of codes) visit(slot, code);
        });
        for (const [slot, codes] of codesBySlot.entries()) for (const code of codes) model[code]!.add(slot);
        for (const { add, code, slot } of steps) {
          const set = model[code]!;
          if (add) {
            set.add(slot);
            postings.add(code, slot);
          } else if (set.delete(slot)) {
            expect(postings.delete(code, slot)).toBe(set.size === 0);
          }
        }
        for (const [code, set] of model.entries()) {
          expect(slotsOf(postings, code)).toEqual([...set].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('turn from a list to a bitmap and stay right', () => {
    const postings = new Postings(0, NO_SLOTS);
    const slots = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 5003);
    for (const slot of slots) postings.add(0, slot);
    for (const slot of slots.slice(0, 100)) postings.delete(0, slot);
    expect(slotsOf(postings, 0)).toEqual(slots.slice(100).sort((a, b) => a - b));
  });

  it('of a code with many slots at the start are right too', () => {
    const postings = new Postings(2, (visit) => {
      for (let slot = 0; slot < 20_000; slot++) visit(slot, slot % 4 === 0 ? 1 : 0);
    });
    expect(postings.count(1)).toBe(5000);
    expect(slotsOf(postings, 1)).toEqual(Array.from({ length: 5000 }, (_, i) => i * 4));
  });
});
