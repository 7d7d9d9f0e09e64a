import { describe, expect, it } from 'vitest';
import { readFlags, required, UsageError, wholeNumber } from './arguments.ts';

const NAMES = { strings: ['data'], booleans: ['wait'], lists: ['index'] } as const;

describe('readFlags', () => {
  it('reads texts, switches and lists', () => {
    expect(readFlags('usage', NAMES, ['--data', 'x', '--wait', '--index', 'a', '--index=b'])).toEqual({
      data: 'x',
      wait: true,
      index: ['a', 'b'],
    });
  });

  it.each([[['--dta', 'x']], [['--data']], [['extra']], [['--wait=1']]])(
    'refuses %j with the usage',
    (args) => {
      expect(() => readFlags('the usage', NAMES, args)).toThrow(UsageError);
      expect(() => readFlags('the usage', NAMES, args)).toThrow('the usage');
    },
  );
});

describe('wholeNumber', () => {
  it('takes numbers within bounds, and the default for none', () => {
    expect(wholeNumber('n', '12', { fallback: 1 })).toBe(12);
    expect(wholeNumber('n', undefined, { fallback: 7 })).toBe(7);
  });

  it.each(['0', '-1', '1.5', 'x', '', '1e99'])('refuses %j', (text) => {
    expect(() => wholeNumber('n', text, { fallback: 1 })).toThrow(/--n must be a whole number from 1 to/);
  });
});

it('required names the missing flag', () => {
  expect(required('data', 'x', 'usage')).toBe('x');
  expect(() => required('data', undefined, 'usage')).toThrow('--data is needed\nusage');
});
