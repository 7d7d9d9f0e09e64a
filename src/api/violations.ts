import { SextantError } from '../model/errors.ts';

/**
 * Values out of their limits, found while a body is read. They are reported together, and only when the whole body has
 * the right shape: a wrong shape is a `jsonFormat` error, thrown at once.
 */
export class Violations {
  /** The first of them; the others are counted only. */
  readonly #items: { field: string; message: string }[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(field: string, message: string): void {
    this.#count++;
    if (this.#items.length < SHOWN_MAX) this.#items.push({ field, message });
  }

  /** Puts `prefix` before the fields of all violations from number `from` on. */
  prefix(from: number, prefix: string): void {
    for (let i = from; i < this.#items.length; i++) {
      const item = this.#items[i]!;
      const dot = item.field === '' || item.field.startsWith('[') ? '' : '.';
      item.field = `${prefix}${dot}${item.field}`;
    }
  }

  /** Runs `parse` and puts `prefix` before the fields of the violations it adds. */
  within<T>(prefix: string, parse: () => T): T {
    const from = this.count;
    const value = parse();
    if (this.count > from) this.prefix(from, prefix);
    return value;
  }

  /** Throws `validation` when there is any; `place` is what the wire names, e.g. "JSON body". */
  throwIfAny(place = 'JSON body'): void {
    if (this.#items.length === 0) return;
    const shown = this.#items.map(({ field, message }) => `${field}: ${message}`);
    throw new SextantError('validation', `Validation error in ${place}: [${shown.join('; ')}]`);
  }
}

/** A batch of thousands of bad points answers with the first of them. */
const SHOWN_MAX = 20;
