import { describe, expect, it } from 'vitest';
import { outcome } from '../../test/harness/scan.ts';
import { checkConsistency, timeoutSec, writeOptions } from './parse-params.ts';

const query = (text: string) => new URLSearchParams(text);

describe('write options', () => {
  it.each<[string, object]>([
    ['', { wait: false, ordering: 'weak', timeoutSec: null }],
    ['wait=true&ordering=strong&timeout=1', { wait: true, ordering: 'strong', timeoutSec: 1 }],
    ['wait=false&ordering=medium&other=x', { wait: false, ordering: 'medium', timeoutSec: null }],
  ])('%s', (text, expected) => {
    expect(writeOptions(query(text))).toEqual(expected);
  });

  it.each<[string, string]>([
    ['wait=1', 'queryFormat: provided string was not `true` or `false`'],
    ['wait=', 'queryFormat: provided string was not `true` or `false`'],
    ['wait=true&wait=false', 'queryFormat: duplicate field `wait`'],
    ['ordering=x', 'queryFormat: unknown variant `x`, expected one of `weak`, `medium`, `strong`'],
  ])('%s is refused', (text, error) => {
    expect(outcome(() => writeOptions(query(text)))).toBe(error);
  });
});

describe('timeout', () => {
  it.each<[string, number | string | null]>([
    ['', null],
    ['timeout=1', 1],
    ['timeout=18446744073709551615', 2 ** 64],
    [
      'timeout=0',
      'validation: Validation error in query parameters: [timeout: value 0 invalid, must be 1 or larger]',
    ],
    ['timeout=-1', 'queryFormat: invalid digit found in string'],
    ['timeout=1.5', 'queryFormat: invalid digit found in string'],
    ['timeout=x', 'queryFormat: invalid digit found in string'],
    ['timeout=', 'queryFormat: invalid digit found in string'],
    ['timeout=18446744073709551616', 'queryFormat: number too large to fit in target type'],
  ])('%s', (text, expected) => {
    expect(outcome(() => timeoutSec(query(text)))).toBe(expected);
  });
});

describe('consistency', () => {
  it.each([
    '',
    'consistency=',
    'consistency=1',
    'consistency=majority',
    'consistency=quorum',
    'consistency=all',
  ])('%s', (text) => {
    expect(outcome(() => checkConsistency(query(text)))).toBeUndefined();
  });

  it.each(['consistency=0', 'consistency=most', 'consistency=-1', 'consistency=1.5'])(
    '%s is refused',
    (text) => {
      expect(outcome(() => checkConsistency(query(text)))).toMatch(/^(queryFormat|validation): /);
    },
  );
});
