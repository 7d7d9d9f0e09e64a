import type { SlotSet } from '../../model/slot-set.ts';
import { Posting } from './posting.ts';

/** Calls `visit` for each code of each slot, slots ascending. */
export type CodesOfSlots = (visit: (slot: number, code: number) => void) => void;

/** From this many slots on, a code gets a posting of its own at once, so that it can be a bitmap. */
const OWN_POSTING_MIN = 4096;

/**
 * Slots by code. Those found at the start stand in one array, code after code; a code that changes later gets a posting
 * of its own, or just its slot while that is the only one.
 */
export class Postings {
  readonly #starts: Uint32Array;
  readonly #slots: Uint32Array;
  /** By code: undefined = as at the start, null = none left. */
  readonly #own: (Posting | number | null | undefined)[] = [];

  /** `codes` is one more than the highest code. A slot names a code at most once. */
  constructor(codes: number, codesOfSlots: CodesOfSlots) {
    const starts = new Uint32Array(codes + 1);
    codesOfSlots((_slot, code) => {
      starts[code + 1]!++;
    });
    for (let code = 0; code < codes; code++) starts[code + 1]! += starts[code]!;
    const slots = new Uint32Array(starts[codes]!);
    const ends = starts.slice();
    codesOfSlots((slot, code) => {
      slots[ends[code]!++] = slot;
    });
    this.#starts = starts;
    this.#slots = slots;
    for (let code = 0; code < codes; code++) {
      if (starts[code + 1]! - starts[code]! >= OWN_POSTING_MIN)
        this.#own[code] = new Posting(this.#initial(code));
    }
  }

  count(code: number): number {
    const own = this.#own[code];
    if (own === undefined) return this.#initial(code).length;
    return own instanceof Posting ? own.length : own === null ? 0 : 1;
  }

  addTo(code: number, set: SlotSet): void {
    const own = this.#own[code];
    if (own === undefined) for (const slot of this.#initial(code)) set.add(slot);
    else if (own instanceof Posting) own.addTo(set);
    else if (own !== null) set.add(own);
  }

  /** Adding a slot that is there is fine. */
  add(code: number, slot: number): void {
    const own = this.#ownOf(code);
    if (own === null) this.#own[code] = slot;
    else if (own instanceof Posting) own.add(slot);
    else if (own !== slot) {
      const posting = new Posting(Uint32Array.of(own));
      posting.add(slot);
      this.#own[code] = posting;
    }
  }

  /** True when the code has no slot any more. */
  delete(code: number, slot: number): boolean {
    const own = this.#ownOf(code);
    if (own instanceof Posting) {
      own.delete(slot);
      if (own.length > 0) return false;
    } else if (own !== null && own !== slot) return false;
    this.#own[code] = null;
    return true;
  }

  /** What the code has now, to be changed. */
  #ownOf(code: number): Posting | number | null {
    const own = this.#own[code];
    if (own !== undefined) return own;
    const initial = this.#initial(code);
    const made = initial.length > 1 ? new Posting(initial) : (initial[0] ?? null);
    this.#own[code] = made;
    return made;
  }

  #initial(code: number): Uint32Array {
    return this.#slots.subarray(
      this.#starts[code] ?? this.#slots.length,
      this.#starts[code + 1] ?? this.#slots.length,
    );
  }
}
