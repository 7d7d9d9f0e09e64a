import type { PointId } from '../model/point-id.ts';
import type { Readers } from '../segment/readers.ts';

/**
 * Which points left their places lately, kept as long as a read that began before is running: so a search can look
 * again at what was overwritten meanwhile, which it may have missed at the former place and at the new one.
 */
export class MovedPoints {
  readonly #readers: Readers;
  /** By operation, oldest first. */
  readonly #kept = new Map<number, readonly PointId[]>();
  #operation: PointId[] = [];
  #operations = 0;

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  /** This moment, for `since`. */
  get now(): number {
    return this.#operations;
  }

  /** The point leaves its place by the operation that is being applied. */
  left(id: PointId): void {
    if (this.#readers.isReading) this.#operation.push(id);
  }

  /** The operation is applied: who begins to read from now on sees nothing of what was before. */
  operationEnds(): void {
    if (this.#operation.length === 0) return;
    const number = ++this.#operations;
    this.#kept.set(number, this.#operation);
    this.#operation = [];
    this.#readers.afterCurrent(() => this.#kept.delete(number));
  }

  /** Points that left their places since that moment, for a reader that has been reading since then. */
  since(moment: number): Set<PointId> {
    const ids = new Set<PointId>();
    for (let number = moment + 1; number <= this.#operations; number++) {
      for (const id of this.#kept.get(number) ?? []) ids.add(id);
    }
    return ids;
  }
}
