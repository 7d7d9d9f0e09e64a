/** A flag in shared memory that native threads can read: cell 0, non-zero = cancel. */
export class SharedCancel {
  readonly cell = new Int32Array(new SharedArrayBuffer(4));

  cancel(): void {
    Atomics.store(this.cell, 0, 1);
  }
}
