import { describe, expect, it } from 'vitest';
import { checkSize } from './check-size.ts';

const lines = (count: number, indent = ''): string => `${indent}work();\n`.repeat(count);
const problemsOf = (text: string): string[] => checkSize(new Map([['src/a.ts', text]]));

describe('checkSize', () => {
  it('limits files to 400 lines', () => {
    expect(problemsOf(lines(400))).toEqual([]);
    expect(problemsOf(lines(401))).toEqual(['src/a.ts: 401 lines, at most 400']);
  });

  it.each([
    ['function', (body: string) => `export async function name(a: number) {\n${body}}\n`],
    ['arrow function', (body: string) => `const name = (a: number) => {\n${body}};\n`],
    [
      'function with an options object',
      (body: string) => `function name({\n  a,\n}: Options): void {\n${body}}\n`,
    ],
  ])('limits a %s to 70 lines', (_kind, wrap) => {
    expect(problemsOf(wrap(lines(60, '  ')))).toEqual([]);
    expect(problemsOf(wrap(lines(80, '  ')))).toEqual([expect.stringContaining('name has')]);
  });

  it('limits methods, and does not count a class as a function', () => {
    const method = (name: string, count: number): string =>
      `  ${name}(): void {\n${lines(count, '    ')}  }\n`;
    const small = `class A {\n${method('one', 50)}${method('two', 50)}}\n`;
    expect(problemsOf(small)).toEqual([]);
    expect(problemsOf(`class A {\n${method('#three', 90)}}\n`)).toEqual([
      'src/a.ts:2: #three has 92 lines, at most 70',
    ]);
  });
});
