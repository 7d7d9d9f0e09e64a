import type { RequestContext } from '../api/requests.ts';
import { SextantError } from '../model/errors.ts';
import type { ReadBudget } from '../query/nearest-plan.ts';
import type { Clock } from '../shared/clock.ts';

/** The time and patience left to a request, named in the error by `operation`. */
export function budgetOf(context: RequestContext, clock: Clock, operation: string): ReadBudget {
  const endMs = context.startedMs + context.timeoutMs;
  const { signal } = context;
  return {
    signal,
    remainingMs: () => endMs - clock.monotonicMs(),
    check() {
      if (signal.aborted)
        throw new SextantError('timeout', `Operation '${operation}' was cancelled by its client`);
      if (clock.monotonicMs() < endMs) return;
      const seconds = Math.round(context.timeoutMs / 1000);
      throw new SextantError(
        'timeout',
        `Timeout error: Operation '${operation}' timed out after ${seconds} seconds`,
      );
    },
  };
}
