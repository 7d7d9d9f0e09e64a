import type { Collections } from '../collection/collections.ts';
import type { CollectionDefaults } from '../collection/defaults.ts';
import type { Clock } from '../shared/clock.ts';

/** What every verb works with. */
export interface Deps {
  collections: Collections;
  defaults: CollectionDefaults;
  clock: Clock;
}
