import { dueWork } from './optimize.ts';
import type { SegmentSet } from './segment-set.ts';
import type { ShardInfo } from './shard-replica.ts';

export function shardInfo(set: SegmentSet, failure: string | null, writesWaiting: number): ShardInfo {
  const { segments } = set;
  const indexed = segments.flatMap((segment) =>
    [...segment.fields.values()].map((field) => field.index.linkedCount),
  );
  const building = [...set.indexes.values()].some(({ ready }) => !ready);
  const payloadSchema: ShardInfo['payloadSchema'] = new Map();
  for (const [path, { schema }] of set.indexes) {
    const points = segments.reduce(
      (sum, segment) => sum + (segment.payloadIndexes.fields.get(path)?.points() ?? 0),
      0,
    );
    payloadSchema.set(path, { schema, points });
  }
  return {
    points: segments.reduce((sum, segment) => sum + segment.liveCount, 0),
    indexedVectors: indexed.reduce((sum, count) => sum + count, 0),
    segments: segments.length,
    optimizing: building || dueWork(set) !== null,
    failure,
    payloadSchema,
    writesWaiting,
  };
}
