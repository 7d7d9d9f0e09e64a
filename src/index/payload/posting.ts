import { SlotSet } from '../../model/slot-set.ts';

/** From one slot in this many on, a bitmap is smaller than a list of 32-bit slots. */
const DENSE_SHARE = 32;
const DENSE_MIN = 256;

/** The slots of one value: a sorted list while rare, a bitmap once dense. */
export class Posting {
  #list: Uint32Array;
  #set: SlotSet | null = null;
  #length: number;

  /** Starts with a copy of `slots`, ascending and without repeats. */
  constructor(slots: Uint32Array) {
    this.#list = new Uint32Array(Math.max(4, slots.length));
    this.#list.set(slots);
    this.#length = slots.length;
    this.#densify();
  }

  get length(): number {
    return this.#length;
  }

  /** Adding a slot that is there is fine. */
  add(slot: number): void {
    if (this.#set !== null) {
      if (!this.#set.has(slot)) this.#length++;
      this.#set.add(slot);
      return;
    }
    let at = this.#length;
    if (at > 0 && this.#list[at - 1]! >= slot) {
      at = this.#find(slot);
      if (this.#list[at] === slot) return;
    }
    if (this.#length === this.#list.length) this.#grow();
    if (at < this.#length) this.#list.copyWithin(at + 1, at, this.#length);
    this.#list[at] = slot;
    this.#length++;
    this.#densify();
  }

  delete(slot: number): void {
    if (this.#set !== null) {
      if (this.#set.has(slot)) this.#length--;
      this.#set.delete(slot);
      return;
    }
    const at = this.#find(slot);
    if (at === this.#length || this.#list[at] !== slot) return;
    this.#list.copyWithin(at, at + 1, this.#length);
    this.#length--;
  }

  addTo(set: SlotSet): void {
    if (this.#set !== null) set.or(this.#set);
    else for (let i = 0; i < this.#length; i++) set.add(this.#list[i]!);
  }

  /** Index of the first listed slot that is not below `slot`. */
  #find(slot: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#list[middle]! < slot) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const grown = new Uint32Array(this.#list.length * 2);
    grown.set(this.#list);
    this.#list = grown;
  }

  #densify(): void {
    const last = this.#list[this.#length - 1] ?? 0;
    if (this.#length < DENSE_MIN || this.#length * DENSE_SHARE <= last) return;
    const set = SlotSet.ofSize(last + 1);
    for (let i = 0; i < this.#length; i++) set.add(this.#list[i]!);
    this.#set = set;
    this.#list = new Uint32Array(0);
  }
}
