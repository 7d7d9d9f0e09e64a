import { describe, expect, it } from 'vitest';
import { readPayloadPath } from './payload-path.ts';

const key = (name: string) => ({ kind: 'key', key: name });

describe('readPayloadPath', () => {
  it.each([
    ['a', [key('a')]],
    ['a.b-c_1', [key('a'), key('b-c_1')]],
    ['a[].b', [key('a'), { kind: 'all' }, key('b')]],
    ['a[0][]', [key('a'), { kind: 'index', index: 0 }, { kind: 'all' }]],
    ['"quoted key".b', [key('quoted key'), key('b')]],
    ['größe.日本', [key('größe'), key('日本')]],
    ['__proto__', [key('__proto__')]],
  ])('reads %s', (text, steps) => {
    expect(readPayloadPath(text)).toEqual({ text, steps });
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a[',
    'a[-1]',
    'a[x]',
    'a]',
    'a b',
    '[]',
    '[0].a',
    '"a',
    '""',
    '"a\\"b"',
    'a"b"',
    `a[${'9'.repeat(30)}]`,
  ])('refuses %j', (text) => {
    expect(readPayloadPath(text)).toBeNull();
  });
});
