/** Time is passed in, so that a node can run inside a deterministic simulation. */
export interface Clock {
  /** Milliseconds of a monotonic clock; only differences have meaning. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Runs `task` once after `delayMs`; the timer never keeps the process alive. Returns a function that cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
