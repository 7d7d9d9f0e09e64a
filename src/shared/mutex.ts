/** Lets one task in at a time, in the order they came. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Tasks running or waiting. */
  get length(): number {
    return this.#waiting;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    const before = this.#last;
    let done!: () => void;
    this.#last = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#waiting++;
    await before;
    try {
      return await task();
    } finally {
      this.#waiting--;
      done();
    }
  }
}
