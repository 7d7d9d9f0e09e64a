import { Random } from '../../bench/data/random.ts';

export type Payload = Record<string, unknown>;

/** What a point must look like; null = it must not be there. */
export type PointState = { vector: number[]; payload: Payload } | null;

/** A request and what it makes of the points it names, once it is done. */
export interface JournalOperation {
  method: string;
  path: string;
  body: unknown;
  after: Map<string, PointState>;
}

export const DIM = 8;
const TAGS = ['a', 'b', 'c', 'd', 'e'] as const;
const BATCH_MAX = 8;

/**
 * One client's points (nobody else touches them): the state that acknowledged operations left, and the operation that was
 * under way when the server died, whose points may be as before it or as after it.
 */
export class PointJournal {
  readonly owner: string;
  readonly ids: readonly string[];
  readonly #states = new Map<string, PointState>();
  readonly #random: Random;
  #pending: JournalOperation | null = null;
  #value = 0;

  /** `ids` are JSON texts: numbers, or UUIDs in quotes. */
  constructor(owner: string, ids: readonly string[], seed: number) {
    this.owner = owner;
    this.ids = ids;
    this.#random = new Random(seed);
    for (const id of ids) this.#states.set(id, null);
  }

  /** Makes the next random operation and notes it as under way. */
  begin(): JournalOperation {
    const operation = this.#make();
    this.#pending = operation;
    return operation;
  }

  /** The server acknowledged the operation under way. */
  acknowledge(): void {
    for (const [id, state] of this.#pending?.after ?? []) this.#states.set(id, state);
    this.#pending = null;
  }

  /** The states that a point may be in: one, or two while an operation on it is under way. */
  allowed(id: string): PointState[] {
    const acknowledged = this.#states.get(id) ?? null;
    return this.#pending?.after.has(id) ? [acknowledged, this.#pending.after.get(id)!] : [acknowledged];
  }

  /** Takes what the server has as the truth from now on. */
  settle(observed: ReadonlyMap<string, PointState>): void {
    for (const id of this.ids) this.#states.set(id, observed.get(id) ?? null);
    this.#pending = null;
  }

  #make(): JournalOperation {
    const present = this.#some((state) => state !== null);
    const roll = this.#random.next();
    if (present.length === 0 || roll < 0.45) return this.#upsert();
    if (roll < 0.55) return this.#delete(present);
    if (roll < 0.6) return this.#deleteByFilter();
    if (roll < 0.75) return this.#setPayload(present);
    if (roll < 0.85) return this.#overwritePayload(present);
    if (roll < 0.9) return this.#deletePayloadKey(present);
    return this.#updateVectors(present);
  }

  #upsert(): JournalOperation {
    const after = new Map<string, PointState>();
    for (const id of this.#some(() => true)) {
      after.set(id, { vector: this.#vector(), payload: { ...this.#payload(), owner: this.owner } });
    }
    const points = [...after].map(([id, state]) => ({ id: raw(id), ...state }));
    return this.#operation('PUT', '', { points }, after);
  }

  #delete(ids: string[]): JournalOperation {
    const after = new Map(ids.map((id) => [id, null]));
    return this.#operation('POST', '/delete', { points: ids.map(raw) }, after);
  }

  #deleteByFilter(): JournalOperation {
    const tag = this.#random.pick(TAGS);
    const matching = this.ids.filter((id) => this.#states.get(id)?.payload.tag === tag);
    const filter = { must: [this.#own(), { key: 'tag', match: { value: tag } }] };
    return this.#operation('POST', '/delete', { filter }, new Map(matching.map((id) => [id, null])));
  }

  #setPayload(ids: string[]): JournalOperation {
    const payload = this.#random.next() < 0.5 ? { extra: this.#next() } : { n: this.#next() };
    const after = this.#changed(ids, (old) => ({ ...old, ...payload }));
    return this.#operation('POST', '/payload', { payload, points: ids.map(raw) }, after);
  }

  #overwritePayload(ids: string[]): JournalOperation {
    const payload = { ...this.#payload(), owner: this.owner };
    const after = this.#changed(ids, () => payload);
    return this.#operation('PUT', '/payload', { payload, points: ids.map(raw) }, after);
  }

  #deletePayloadKey(ids: string[]): JournalOperation {
    const after = this.#changed(ids, ({ extra: _, ...rest }) => rest);
    return this.#operation('POST', '/payload/delete', { keys: ['extra'], points: ids.map(raw) }, after);
  }

  #updateVectors(ids: string[]): JournalOperation {
    const after = new Map<string, PointState>();
    for (const id of ids) after.set(id, { ...this.#states.get(id)!, vector: this.#vector() });
    const points = [...after].map(([id, state]) => ({ id: raw(id), vector: state!.vector }));
    return this.#operation('PUT', '/vectors', { points }, after);
  }

  #operation(
    method: string,
    suffix: string,
    body: unknown,
    after: Map<string, PointState>,
  ): JournalOperation {
    const wait = this.#random.next() < 0.7;
    return { method, path: `/points${suffix}?wait=${wait}`, body, after };
  }

  #changed(ids: string[], change: (old: Payload) => Payload): Map<string, PointState> {
    return new Map(
      ids.map((id) => {
        const state = this.#states.get(id)!;
        return [id, { vector: state.vector, payload: change(state.payload) }];
      }),
    );
  }

  #own() {
    return { key: 'owner', match: { value: this.owner } };
  }

  /** Up to `BATCH_MAX` different ids whose state passes. */
  #some(passes: (state: PointState) => boolean): string[] {
    const chosen = new Set<string>();
    const wanted = 1 + this.#random.below(BATCH_MAX);
    for (let tries = 0; tries < 40 && chosen.size < wanted; tries++) {
      const id = this.#random.pick(this.ids);
      if (passes(this.#states.get(id) ?? null)) chosen.add(id);
    }
    return [...chosen];
  }

  /** Sixteenths: the same in f32 and in JSON text. */
  #vector(): number[] {
    return Array.from({ length: DIM }, () => (this.#random.below(512) - 256) / 16);
  }

  #payload(): Payload {
    return { n: this.#next(), tag: this.#random.pick(TAGS), list: [this.#random.below(10), 'x'] };
  }

  #next(): number {
    return ++this.#value;
  }
}

/** From an id's JSON text to the value that JSON.stringify writes as that text. */
const raw = (id: string): unknown => JSON.parse(id);
