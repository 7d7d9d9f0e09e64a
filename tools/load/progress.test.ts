import { describe, expect, it } from 'vitest';
import { formatSeconds, Progress } from './progress.ts';

function progressAt(isTTY: boolean, columns = 80) {
  let nowMs = 0;
  let written = '';
  const output = {
    isTTY,
    columns,
    write: (text: string) => {
      written += text;
    },
  };
  const progress = new Progress(1_000, output, () => nowMs);
  return {
    step(ms: number, done: number): string {
      nowMs += ms;
      written = '';
      progress.update(done);
      return written;
    },
    finish(done: number): string {
      written = '';
      progress.finish(done);
      return written;
    },
  };
}

describe('Progress', () => {
  it('draws a bar over itself on a terminal, not too often', () => {
    const bar = progressAt(true);
    const drawn = bar.step(1_000, 250);
    expect(drawn).toMatch(/^\r\[#{10}-{29}\] {2}25% 250\/1,000 points {2}250\/s {2}ETA 3 s/);
    expect(drawn).toMatch(/\[K$/);
    expect(bar.step(10, 260)).toBe('');
    expect(bar.finish(1_000)).toMatch(/100% .*\n$/);
  });

  it('leaves out the bar where there is no room', () => {
    expect(progressAt(true, 40).step(1_000, 500)).toBe('\r 50% 500/1,000 points  500/s  ETA 1 s\u001b[K');
  });

  it('writes a line every few seconds elsewhere', () => {
    const lines = progressAt(false);
    expect(lines.step(1_000, 100)).toBe('');
    expect(lines.step(4_000, 500)).toBe(' 50% 500/1,000 points  100/s  ETA 5 s\n');
    expect(lines.finish(1_000)).toMatch(/^100% .*\n$/);
  });

  it('knows no rate before anything was done', () => {
    expect(progressAt(false).step(6_000, 0)).toContain('ETA ?');
  });
});

it('formatSeconds chooses the unit', () => {
  expect([3.2, 75, 3_725].map(formatSeconds)).toEqual(['4 s', '1 min 15 s', '1 h 2 min']);
});
