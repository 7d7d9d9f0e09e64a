/** Work in steps: at each `yield` other requests may have their turn. */
export type Steps<T> = Generator<void, T, void>;

/** Does all the steps at once. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Does the steps one by one; the event loop runs in between. */
export async function paceSteps<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
