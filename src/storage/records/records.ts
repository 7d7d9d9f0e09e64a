import { assert } from '../../shared/assert.ts';

/**
 * Embedded ordered key-value records, one environment per shard. Keys are 1..500 bytes, ordered by memcmp; values up to
 * 1 GB. Reads see the last finished commit. `commit` is one durable transaction: after a crash all of it is there, or nothing.
 */
export interface Records {
  /** The value, or undefined. The bytes are the caller's to keep. */
  get(key: Uint8Array): Uint8Array | undefined;
  /** Entries with `from <= key < to`, ascending (descending with `reverse`), at most `limit`. */
  range(options: {
    from: Uint8Array;
    to: Uint8Array;
    limit?: number;
    reverse?: boolean;
  }): Iterable<{ key: Uint8Array; value: Uint8Array }>;
  /** Writes (value) and removes (null), the last entry of a key wins; durable when resolved. One at a time. */
  commit(changes: Iterable<readonly [key: Uint8Array, value: Uint8Array | null]>): Promise<void>;
  close(): Promise<void>;
}

export const RECORD_KEY_BYTES_MAX = 500;
export const RECORD_VALUE_BYTES_MAX = 2 ** 30;

export const checkKey = (key: Uint8Array): void =>
  assert(key.length > 0 && key.length <= RECORD_KEY_BYTES_MAX, 'a record key has 1 to 500 bytes');

export const checkValue = (value: Uint8Array): void =>
  assert(value.length <= RECORD_VALUE_BYTES_MAX, 'a record value has at most 1 GiB');

export const checkOpen = (isOpen: boolean): void => assert(isOpen, 'the records are closed');
