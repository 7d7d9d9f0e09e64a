import type { PointId } from '../model/point-id.ts';
import type { Place } from '../segment/place.ts';
import type { Readers } from '../segment/readers.ts';

/**
 * Where points were until lately, kept as long as a read that began before they left may still name the place: so a
 * search that found a point which was overwritten meanwhile finds it again at its new place.
 */
export class FormerPlaces {
  readonly #readers: Readers;
  readonly #kept = new Set<ReadonlyMap<Place, PointId>>();
  #operation = new Map<Place, PointId>();

  constructor(readers: Readers) {
    this.#readers = readers;
  }

  /** The point leaves this place by the operation that is being applied. */
  left(place: Place, id: PointId): void {
    if (this.#readers.isReading) this.#operation.set(place, id);
  }

  /** The operation is applied: who reads from now on does not see its former places. */
  operationEnds(): void {
    if (this.#operation.size === 0) return;
    const places = this.#operation;
    this.#operation = new Map();
    this.#kept.add(places);
    this.#readers.afterCurrent(() => this.#kept.delete(places));
  }

  /** Which point was there. */
  idAt(place: Place): PointId | undefined {
    for (const places of this.#kept) {
      const id = places.get(place);
      if (id !== undefined) return id;
    }
    return undefined;
  }
}
