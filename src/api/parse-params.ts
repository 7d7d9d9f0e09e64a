import { SextantError } from '../model/errors.ts';
import type { WriteOptions } from './requests.ts';
import { Violations } from './violations.ts';

/** Query parameters of a request; unknown ones are ignored, malformed ones are refused. */

const malformed = (message: string): SextantError => new SextantError('queryFormat', message);

function single(query: URLSearchParams, name: string): string | null {
  const values = query.getAll(name);
  if (values.length > 1) throw malformed(`duplicate field \`${name}\``);
  return values[0] ?? null;
}

/** Seconds, at least 1; null when absent. */
export function timeoutSec(query: URLSearchParams): number | null {
  const text = single(query, 'timeout');
  if (text === null) return null;
  const value = unsigned(text);
  if (value === 0) {
    const violations = new Violations();
    violations.add('timeout', 'value 0 invalid, must be 1 or larger');
    violations.throwIfAny('query parameters');
  }
  return value;
}

function unsigned(text: string): number {
  if (!/^\+?\d+$/.test(text)) throw malformed('invalid digit found in string');
  const value = BigInt(text);
  if (value >= 1n << 64n) throw malformed('number too large to fit in target type');
  return Number(value);
}

const ORDERINGS = ['weak', 'medium', 'strong'] as const;

export function writeOptions(query: URLSearchParams): WriteOptions {
  const wait = single(query, 'wait');
  if (wait !== null && wait !== 'true' && wait !== 'false') {
    throw malformed('provided string was not `true` or `false`');
  }
  const given = single(query, 'ordering') ?? 'weak';
  const ordering = ORDERINGS.find((name) => name === given);
  if (ordering === undefined) {
    throw malformed(
      `unknown variant \`${given.slice(0, 100)}\`, expected one of \`weak\`, \`medium\`, \`strong\``,
    );
  }
  return { wait: wait === 'true', ordering, timeoutSec: timeoutSec(query) };
}

/** With one copy of everything each valid level of consistency is met; only the parameter's form is checked. */
export function checkConsistency(query: URLSearchParams): void {
  const text = single(query, 'consistency');
  if (text === null || ['', 'majority', 'quorum', 'all'].includes(text)) return;
  if (!/^\d+$/.test(text)) {
    throw malformed(
      `failed to parse read consistency: ${text.slice(0, 100)} is not a number, majority, quorum or all`,
    );
  }
  if (BigInt(text) === 0n) {
    const violations = new Violations();
    violations.add('consistency', 'value 0 invalid, must be 1 or larger');
    violations.throwIfAny('query parameters');
  }
}
