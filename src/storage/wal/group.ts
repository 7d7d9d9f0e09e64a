import { crc32c } from '../../shared/crc32c.ts';
import type { File } from '../files/files.ts';
import { RECORD_HEADER_BYTES, recordHeaderCrc, writeRecordHeader } from './format.ts';

/** Small records are gathered up to this; a larger one is written from where it is. */
const CHUNK_BYTES = 4 << 20;

/** Records that become durable together, by one sync. */
export class Group {
  readonly #records: Uint8Array[] = [];
  readonly #done: Promise<void>;
  #settle!: { resolve: () => void; reject: (error: Error) => void };
  #firstSequence = 0;
  #bytes = 0;

  constructor() {
    this.#done = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Who does not wait for durability may ignore the promise; that must not end the process.
    this.#done.catch(() => {});
  }

  get isEmpty(): boolean {
    return this.#records.length === 0;
  }

  /** With the records' headers. */
  get bytes(): number {
    return this.#bytes;
  }

  get firstSequence(): number {
    return this.#firstSequence;
  }

  /** Sequences must follow each other. */
  add(record: Uint8Array, sequence: number): Promise<void> {
    if (this.#records.length === 0) this.#firstSequence = sequence;
    this.#records.push(record);
    this.#bytes += RECORD_HEADER_BYTES + record.length;
    return this.#done;
  }

  /** Writes all records at `position`; returns where they end. Does not sync. */
  async write(file: File, position: number): Promise<number> {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, this.#bytes));
    let at = position;
    let filled = 0;
    const flush = async (): Promise<void> => {
      if (filled > 0) await file.write(chunk.subarray(0, filled), at);
      at += filled;
      filled = 0;
    };
    for (const [i, record] of this.#records.entries()) {
      const whole = RECORD_HEADER_BYTES + record.length;
      const fits = whole <= CHUNK_BYTES;
      if (filled + (fits ? whole : RECORD_HEADER_BYTES) > chunk.length) await flush();
      const header = chunk.subarray(filled, filled + RECORD_HEADER_BYTES);
      writeRecordHeader(chunk, filled, {
        length: record.length,
        sequence: this.#firstSequence + i,
        durable: this.#firstSequence - 1,
      });
      chunk.writeUInt32LE(crc32c(record, recordHeaderCrc(header)), filled + 4);
      filled += RECORD_HEADER_BYTES;
      if (fits) {
        chunk.set(record, filled);
        filled += record.length;
      } else {
        await flush();
        await file.write(record, at);
        at += record.length;
      }
    }
    await flush();
    return at;
  }

  resolve(): void {
    this.#settle.resolve();
  }

  reject(error: Error): void {
    this.#settle.reject(error);
  }
}
