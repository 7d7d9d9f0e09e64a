import type { CollectionInfo } from '../api/requests.ts';
import type { Deps } from './deps.ts';

export async function collectionInfo(deps: Deps, name: string): Promise<CollectionInfo> {
  const { shard, config } = await deps.collections.get(name);
  const info = shard.info();
  const status = info.failure !== null ? 'red' : info.optimizing ? 'yellow' : 'green';
  return {
    status,
    optimizerError: info.failure,
    indexedVectorsCount: info.indexedVectors,
    pointsCount: info.points,
    segmentsCount: info.segments,
    config,
    payloadSchema: info.payloadSchema,
    updateQueueLength: info.writesWaiting,
  };
}
