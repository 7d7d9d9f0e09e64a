import { collectionInfo } from './collection-info.ts';
import type { Coordinator } from './coordinator.ts';
import { count } from './count.ts';
import { createCollection } from './create-collection.ts';
import type { Deps } from './deps.ts';
import { query } from './query.ts';
import { retrieve } from './retrieve.ts';
import { scroll } from './scroll.ts';
import { updateCollection } from './update-collection.ts';
import { write } from './write.ts';

/** The coordinator of one node: each verb is the function of its file. */
export function nodeCoordinator(deps: Deps): Coordinator {
  const { collections } = deps;
  return {
    createCollection: (_context, name, request) => createCollection(deps, name, request),
    updateCollection: (_context, name, request) => updateCollection(deps, name, request),
    deleteCollection: (_context, name) => collections.delete(name),
    listCollections: () => collections.names(),
    collectionExists: (name) => collections.has(name),
    collectionInfo: (_context, name) => collectionInfo(deps, name),
    write: (context, name, requests, options) => write(deps, context, name, requests, options),
    query: (context, name, requests) => query(deps, context, name, requests),
    retrieve: (_context, name, request) => retrieve(deps, name, request),
    scroll: (context, name, request) => scroll(deps, context, name, request),
    count: (context, name, request) => count(deps, context, name, request),
    ready: () => collections.ready,
  };
}
