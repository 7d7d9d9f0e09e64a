import { SlotSet } from '../../model/slot-set.ts';

/** A new set; of one or more sets. */
export function intersection(sets: readonly SlotSet[]): SlotSet {
  const out = sets[0]!.clone();
  for (let i = 1; i < sets.length; i++) out.and(sets[i]!);
  return out;
}

/** A new set. */
export function union(sets: readonly SlotSet[]): SlotSet {
  const out = new SlotSet();
  for (const set of sets) out.or(set);
  return out;
}

/** Up to this count the sets "in at least j" are kept as bitmaps; beyond it slots are counted one by one. */
const BITMAP_COUNT_MAX = 8;

/** A new set: slots of `universe` that are in at least `count` of the sets. */
export function atLeastOf(sets: readonly SlotSet[], count: number, universe: SlotSet): SlotSet {
  if (count <= 0) return universe.clone();
  if (count > sets.length) return new SlotSet();
  if (count > BITMAP_COUNT_MAX) return countedAtLeast(sets, count, universe);
  // inAtLeast[j]: slots seen in more than j of the sets so far.
  const inAtLeast = Array.from({ length: count }, () => new SlotSet());
  for (const set of sets) {
    for (let j = count - 1; j > 0; j--) inAtLeast[j]!.or(inAtLeast[j - 1]!.clone().and(set));
    inAtLeast[0]!.or(set);
  }
  return inAtLeast[count - 1]!.and(universe);
}

function countedAtLeast(sets: readonly SlotSet[], count: number, universe: SlotSet): SlotSet {
  const seen = new Uint32Array(universe.words.length * 32);
  for (const set of sets) {
    for (const slot of set) {
      if (slot >= seen.length) break;
      seen[slot]!++;
    }
  }
  const out = SlotSet.ofSize(seen.length);
  for (let slot = 0; slot < seen.length; slot++) if (seen[slot]! >= count) out.add(slot);
  return out.and(universe);
}
