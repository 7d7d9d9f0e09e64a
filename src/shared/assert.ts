/** Programmer errors only; asserts stay on in production. A user's mistake is a `SextantError` (model/errors.ts). */
export class AssertionError extends Error {
  override name = 'AssertionError';
}

export function assert(condition: unknown, message = 'assertion failed'): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Returns `value`, which must be there. */
export function must<T>(value: T | null | undefined, message = 'missing value'): T {
  if (value === null || value === undefined) throw new AssertionError(message);
  return value;
}

/** The compiler proves that this line cannot be reached; at run time it says what got here. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
