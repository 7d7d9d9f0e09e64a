import { SextantError } from '../model/errors.ts';
import type { PayloadIndexSchema } from '../model/payload-schema.ts';
import { STATE_KEY } from '../segment/keys.ts';
import type { Change } from '../segment/point-table.ts';
import type { SegmentState } from '../segment/segment.ts';
import type { Records } from '../storage/records/records.ts';

/** What a checkpoint says of the shard as a whole: JSON under one key. */
export interface ShardState {
  format: 1;
  /** Every operation up to this one is in the records and arenas, none after it. */
  sequence: number;
  segments: SegmentState[];
  indexes: { path: string; schema: PayloadIndexSchema; ready: boolean }[];
}

export const emptyState = (): ShardState => ({ format: 1, sequence: 0, segments: [], indexes: [] });

export function readState(records: Records | null): ShardState {
  const bytes = records?.get(STATE_KEY);
  if (bytes === undefined) return emptyState();
  const state = JSON.parse(Buffer.from(bytes).toString()) as ShardState;
  if (state.format !== 1) {
    throw new SextantError(
      'unavailable',
      `the shard was written in format ${state.format}, this version reads format 1`,
    );
  }
  return state;
}

export const stateChange = (state: ShardState): Change => [STATE_KEY, Buffer.from(JSON.stringify(state))];
