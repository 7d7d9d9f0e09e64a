import type { Engine } from '../engine/engine.ts';
import { openPayloadIndexes } from '../index/payload/open-payload-indexes.ts';
import type { CollectionConfig } from '../model/collection-config.ts';
import type { PayloadIndexSchema } from '../model/payload-schema.ts';
import { SlotSet } from '../model/slot-set.ts';
import type { Files } from '../storage/files/files.ts';
import type { Records } from '../storage/records/records.ts';
import { BitmapStore } from './bitmap-store.ts';
import { fieldParams } from './field-params.ts';
import { fieldKey } from './keys.ts';
import type { PointTable } from './point-table.ts';
import type { Readers } from './readers.ts';
import { Segment, type SegmentState } from './segment.ts';
import { VectorField } from './vector-field.ts';

export interface OpenSegmentOptions {
  engine: Engine;
  files: Files;
  /** The segment's folder. */
  folder: string;
  config: CollectionConfig;
  schemas: ReadonlyMap<string, PayloadIndexSchema>;
  records: () => Records | null;
  points: PointTable;
  readers: Readers;
  state: SegmentState;
}

/** Opens a segment as the last checkpoint left it. Reads bitmaps only: vectors are mapped, payload indexes load on first use. */
export async function openSegment(options: OpenSegmentOptions): Promise<Segment> {
  const { state } = options;
  const bitmaps = new BitmapStore(state.id);
  const records = options.records();
  const load = (name: string): SlotSet => new SlotSet(bitmaps.load(records, name, state.count));
  const live = load('live');
  const fields = new Map<string, VectorField>();
  try {
    await openFields(options, live, load, fields);
  } catch (error) {
    for (const field of fields.values()) await field.close();
    throw error;
  }
  const blocks = { get: (key: Uint8Array) => options.records()?.get(fieldKey(state.id, key)) };
  const payloadIndexes = openPayloadIndexes(options.schemas, blocks, state.count);
  const { points, readers } = options;
  return new Segment({ state, points, readers, fields, payloadIndexes, live, bitmaps });
}

/** Opens the fields of the schema into `fields`, one by one. */
async function openFields(
  options: OpenSegmentOptions,
  live: SlotSet,
  load: (name: string) => SlotSet,
  fields: Map<string, VectorField>,
): Promise<void> {
  const { state, config } = options;
  for (const [ordinal, name] of [...config.vectors.keys()].entries()) {
    const field = await VectorField.open(
      {
        engine: options.engine,
        files: options.files,
        path: `${options.folder}/v${ordinal}`,
        name,
        params: fieldParams(config, name),
        capacity: state.capacity,
      },
      {
        count: state.count,
        live,
        present: load(`present:${name}`),
        linked: load(`linked:${name}`).words,
        builtWith: state.builtWith[name] ?? null,
      },
    );
    fields.set(name, field);
  }
}
