import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type EngineUnderTest, Harness } from './contract/harness.ts';
import { describeFailingStore, describePersistence } from './contract/persistence.ts';
import { describeRefusals } from './contract/refusals.ts';
import { describeRunning } from './contract/running.ts';
import { describeChanges, describeSearching } from './contract/searching.ts';
import { describeSmallIndexes, describeVectors } from './contract/vectors.ts';

/** What every engine must do; the reference is the oracle of the others. */
export function describeEngine(name: string, engine: EngineUnderTest): void {
  describe(`${name} engine`, () => {
    const harness = new Harness(engine);
    beforeAll(() => harness.start());
    afterEach(() => harness.closeIndexes());
    afterAll(() => harness.stop());

    describeVectors(harness);
    describeSmallIndexes(harness);
    describeSearching(harness);
    describeChanges(harness);
    describePersistence(harness);
    describeFailingStore(harness);
    describeRunning(harness);
    describeRefusals(harness);

    test('scans bodies', () => {
      const body = harness.engine.scanBody(Buffer.from('{"vector":[1,2],"id":18446744073709551615}'));
      expect(body).toEqual({ vector: Float32Array.of(1, 2), id: 18446744073709551615n });
      expect(() => harness.engine.scanBody(Buffer.from('{'))).toThrow(
        'EOF while parsing an object at line 1 column 1',
      );
    });
  });
}
