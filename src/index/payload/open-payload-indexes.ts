import { setImmediate } from 'node:timers/promises';
import type { Filter } from '../../model/filter.ts';
import type { JsonObject } from '../../model/json.ts';
import { type PathStep, pathKey } from '../../model/payload-path.ts';
import type { PayloadIndexSchema } from '../../model/payload-schema.ts';
import type { SlotSet } from '../../model/slot-set.ts';
import { assert, must } from '../../shared/assert.ts';
import { type Clock, systemClock } from '../../shared/clock.ts';
import { CodeField } from './code-field.ts';
import { Estimator } from './estimate.ts';
import type { FieldIndex, FieldOptions } from './field-index.ts';
import { NumberField } from './number-field.ts';
import type { BlockReader, Cardinality, FilterContext, PayloadIndexes } from './payload-indexes.ts';
import { isExact, type Resolved, Resolver } from './resolve.ts';

/** How long `resolve` tests payloads before it lets the event loop run; half of what the contract allows. */
const SLICE_MS = 5;
/** Payloads tested between two looks at the clock. */
const TESTS_PER_LOOK = 32;

export interface ResolveOptions {
  clock: Clock;
  /** Lets the event loop run. */
  pause: () => Promise<unknown>;
}

/**
 * The indexes of a segment whose blocks were stored from `takeDirtyBlocks`, for slots below `slotCount`. Reads nothing
 * yet: each field's header and blocks are read when first needed. A field without stored header is "building", unless
 * there are no slots.
 */
export function openPayloadIndexes(
  schemas: ReadonlyMap<string, PayloadIndexSchema>,
  blocks: BlockReader,
  slotCount: number,
  options: ResolveOptions = { clock: systemClock, pause: () => setImmediate() },
): PayloadIndexes {
  const indexes = new FieldIndexes(options);
  for (const [path, schema] of schemas) indexes.add({ path, schema, store: { blocks, slotCount } });
  return indexes;
}

class FieldIndexes implements PayloadIndexes {
  readonly fields = new Map<string, FieldIndex>();
  readonly #byPathKey = new Map<string, FieldIndex[]>();
  readonly #options: ResolveOptions;
  /** Keys of dropped fields, for the next `takeDirtyBlocks`. */
  #gone: Uint8Array[] = [];

  constructor(options: ResolveOptions) {
    this.#options = options;
  }

  add(options: FieldOptions): void {
    assert(!this.fields.has(options.path), `payload index ${options.path} exists`);
    const field = isNumeric(options.schema) ? new NumberField(options) : new CodeField(options);
    this.fields.set(options.path, field);
    const same = this.#byPathKey.get(field.pathKey) ?? [];
    this.#byPathKey.set(field.pathKey, [...same, field]);
  }

  create(path: string, schema: PayloadIndexSchema): void {
    this.add({ path, schema, store: null });
  }

  finish(path: string): void {
    must(this.fields.get(path), `no payload index ${path}`).finish();
  }

  drop(path: string): void {
    const field = this.fields.get(path);
    if (field === undefined) return;
    this.#gone.push(...field.keys());
    this.fields.delete(path);
    const same = this.#byPathKey.get(field.pathKey)!;
    this.#byPathKey.set(
      field.pathKey,
      same.filter((other) => other !== field),
    );
  }

  put(slot: number, payload: JsonObject | null, onlyPath?: string): void {
    if (onlyPath !== undefined) {
      must(this.fields.get(onlyPath), `no payload index ${onlyPath}`).put(slot, payload);
      return;
    }
    for (const field of this.fields.values()) field.put(slot, payload);
  }

  remove(slot: number): void {
    for (const field of this.fields.values()) field.remove(slot);
  }

  fieldsAt(steps: readonly PathStep[]): readonly FieldIndex[] {
    return (this.#byPathKey.get(pathKey(steps)) ?? []).filter((field) => field.ready);
  }

  estimate(filter: Filter, context: FilterContext): Cardinality {
    return new Estimator(this, context).filter(filter);
  }

  resolveIndexed(filter: Filter, context: FilterContext): SlotSet | null {
    const resolved = new Resolver(this, context).filter(filter);
    const sure = resolved.sure.clone().and(context.live);
    return undecided(resolved, sure, context).length === 0 ? sure : null;
  }

  async resolve(filter: Filter, context: FilterContext): Promise<SlotSet> {
    const resolved = new Resolver(this, context).filter(filter);
    const found = resolved.sure.clone().and(context.live);
    const slots = undecided(resolved, found, context);
    const { clock, pause } = this.#options;
    let sliceEndMs = clock.monotonicMs() + SLICE_MS;
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i]!;
      // A slot may die while the event loop runs in between.
      if (context.live.has(slot) && resolved.test(slot, context.payloadOf(slot))) found.add(slot);
      if (i % TESTS_PER_LOOK !== 0 || clock.monotonicMs() < sliceEndMs) continue;
      context.checkpoint();
      await pause();
      context.checkpoint();
      sliceEndMs = clock.monotonicMs() + SLICE_MS;
    }
    return found.and(context.live);
  }

  takeDirtyBlocks(): Iterable<readonly [key: Uint8Array, value: Uint8Array | null]> {
    const out: (readonly [Uint8Array, Uint8Array | null])[] = this.#gone.map((key) => [key, null]);
    this.#gone = [];
    for (const field of this.fields.values()) field.takeDirty(out);
    return out;
  }
}

/** Live slots that may match and of which it is not known yet. */
function undecided(resolved: Resolved, sure: SlotSet, context: FilterContext): Uint32Array {
  if (isExact(resolved)) return new Uint32Array(0);
  return resolved.maybe.clone().and(context.live).andNot(sure).toArray();
}

const isNumeric = ({ type }: PayloadIndexSchema): boolean =>
  type === 'integer' || type === 'float' || type === 'datetime';
