/** Lets the event loop run what waits, then goes on. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
