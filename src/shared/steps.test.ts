import { describe, expect, it } from 'vitest';
import { paceSteps, runSteps, type Steps } from './steps.ts';

function* count(to: number): Steps<number> {
  for (let i = 0; i < to; i++) yield;
  return to;
}

function* fail(): Steps<never> {
  yield;
  throw new Error('no');
}

describe('steps', () => {
  it('give their value at once or paced', async () => {
    expect(runSteps(count(3))).toBe(3);
    expect(await paceSteps(count(3))).toBe(3);
    expect(runSteps(count(0))).toBe(0);
  });

  it('let the event loop run in between when paced', async () => {
    let turns = 0;
    const turn = (): void => {
      turns++;
      timer = setImmediate(turn);
    };
    let timer = setImmediate(turn);
    await paceSteps(count(50));
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(49);
  });

  it('fail as they fail', async () => {
    expect(() => runSteps(fail())).toThrow('no');
    await expect(paceSteps(fail())).rejects.toThrow('no');
  });
});
