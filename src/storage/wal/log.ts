/**
 * A shard's ordered, durable record of operations: append -> sequence, read from sequence. The local write-ahead log
 * is one implementation; a cluster adds another in front of it. Sequences are positive, rise by one, and have no gaps.
 */
export interface Log {
  /** The sequence the next append will get. */
  readonly nextSequence: number;
  /** The lowest sequence still readable, or `nextSequence` when none is. */
  readonly firstSequence: number;
  /** Bytes of the records from `firstSequence` on. */
  readonly bytes: number;
  /**
   * Appends in call order and returns at once. `durable` resolves when the record and all before it are on disk (one
   * sync serves all that wait). After a failed write or sync every waiting and later append rejects with kind
   * `unavailable`: the log's state on disk is unknown until it is opened again.
   */
  append(record: Uint8Array): { sequence: number; durable: Promise<void> };
  /** Records from `sequence` on, in order. Yields the bytes; the caller may keep them. */
  read(sequence: number): AsyncIterable<{ sequence: number; record: Uint8Array }>;
  /** Allows records below `sequence` to go; whole files only. */
  truncateBelow(sequence: number): Promise<void>;
  /** Waits for what was appended, then closes. */
  close(): Promise<void>;
}
