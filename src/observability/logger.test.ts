import { describe, expect, it } from 'vitest';
import { createLogger, type LogLevel } from './logger.ts';

function capture(level: LogLevel, format: 'text' | 'json') {
  const lines: string[] = [];
  return { lines, logger: createLogger({ level, format, write: (line) => lines.push(line) }) };
}

describe('createLogger', () => {
  it('writes one JSON object per line, with errors and their causes', () => {
    const { lines, logger } = capture('info', 'json');
    const error = new Error('outer', { cause: new Error('inner') });
    logger.error('it broke', { error, collection: 'c' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    const line = JSON.parse(lines[0]!);
    expect(line).toMatchObject({
      level: 'error',
      msg: 'it broke',
      collection: 'c',
      time: expect.any(String),
    });
    expect(line.error).toMatch(/Error: outer[\s\S]*caused by: Error: inner/);
  });

  it('writes text for people', () => {
    const { lines, logger } = capture('info', 'text');
    logger.warn('slow', { ms: 5, path: '/a/b', why: 'two words' });
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}slow ms=5 path=\/a\/b why="two words"\n$/);
    logger.error('it broke', { error: 'text' });
    expect(lines[1]).toMatch(/ERROR it broke\ntext\n$/);
  });

  it('keeps to one line what has line breaks in it', () => {
    const { lines, logger } = capture('info', 'text');
    logger.info('a\nb', { name: 'c\nd' });
    expect(lines[0]!.match(/\n/g)).toHaveLength(1);
  });

  it.each<[LogLevel, number]>([
    ['trace', 4],
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
    ['off', 0],
  ])('at level %s writes %d of four', (level, count) => {
    const { lines, logger } = capture(level, 'json');
    logger.debug('d');
    logger.info('i');
    logger.warn('w');
    logger.error('e');
    expect(lines).toHaveLength(count);
  });
});
