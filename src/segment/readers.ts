/**
 * Who is reading a shard right now. Work that must not happen under a running search (handing out a slot again,
 * closing an index) waits for the searches that began before it, not for later ones.
 */
export class Readers {
  #epoch = 0;
  readonly #active = new Map<number, number>();
  readonly #waiting: { epoch: number; task: () => void }[] = [];

  get isReading(): boolean {
    return this.#active.size > 0;
  }

  /** Runs `read` as a reader. */
  async during<T>(read: () => Promise<T>): Promise<T> {
    const epoch = this.#epoch;
    this.#active.set(epoch, (this.#active.get(epoch) ?? 0) + 1);
    try {
      return await read();
    } finally {
      const left = this.#active.get(epoch)! - 1;
      if (left > 0) this.#active.set(epoch, left);
      else this.#active.delete(epoch);
      this.#runDue();
    }
  }

  /** Runs `task` when every reader of now has ended; at once when there is none. */
  afterCurrent(task: () => void): void {
    this.#waiting.push({ epoch: this.#epoch++, task });
    this.#runDue();
  }

  #runDue(): void {
    while (this.#waiting.length > 0) {
      const { epoch, task } = this.#waiting[0]!;
      for (const active of this.#active.keys()) if (active <= epoch) return;
      this.#waiting.shift();
      task();
    }
  }
}
