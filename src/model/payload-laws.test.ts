import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Json, JsonObject } from './json.ts';
import { jsonText } from './json-text.ts';
import { deleteKeys, mergePayload, parsePayload, selectPayload } from './payload.ts';
import { isObject, type PathStep, parsePayloadPath, valuesAt } from './payload-path.ts';
import { topLevelSpans } from './top-level-spans.ts';

/** What must hold between edits of a payload and the values at a path, for payloads and paths that often meet. */
const key = fc.constantFrom('a', 'b', '__proto__');
const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom<Json>(1, 'x', null, 12345678901234567890n),
    tie('object'),
    tie('object'),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => {
    const out = Object.create(null) as JsonObject;
    for (const [name, one] of entries) out[name] = one;
    return out;
  }),
}));
const step: fc.Arbitrary<PathStep> = fc.oneof(
  { weight: 3, arbitrary: key.map((name) => ({ kind: 'key' as const, key: name })) },
  { weight: 1, arbitrary: fc.constant({ kind: 'all' as const }) },
  { weight: 1, arbitrary: fc.nat(2).map((index) => ({ kind: 'index' as const, index })) },
);
const stepText = (one: PathStep): string =>
  one.kind === 'key' ? `.${one.key}` : one.kind === 'all' ? '[]' : `[${one.index}]`;
const path = fc
  .tuple(key, fc.array(step, { maxLength: 3 }))
  .map(([first, rest]) => parsePayloadPath(first + rest.map(stepText).join('')));

const bytes = (value: Json): Uint8Array => Buffer.from(jsonText(value));
const rootKey = (steps: readonly PathStep[]): string => (steps[0] as { key: string }).key;

/** The members that an edit at `steps` must leave as they are have the same bytes before and after. */
function expectOthersUntouched(before: Uint8Array, after: Uint8Array, steps: readonly PathStep[]): void {
  const spans = (of: Uint8Array): [string, string][] =>
    [...topLevelSpans(of)]
      .filter(([name]) => name !== rootKey(steps))
      .map(([name, span]) => [name, Buffer.from(span).toString()]);
  expect(spans(after)).toEqual(spans(before));
}

it('after a merge at a path every value there is an object with the patch in it', () => {
  fc.assert(
    fc.property(object, path, object, (payload, at, patch) => {
      const before = bytes(payload);
      const after = mergePayload(before, bytes(patch), at);
      const merged = parsePayload(after);
      for (const value of valuesAt(merged, at)) {
        expect(isObject(value)).toBe(true);
        for (const name of Object.keys(patch)) {
          if (patch[name] === null) expect(Object.hasOwn(value as JsonObject, name)).toBe(false);
          else expect((value as JsonObject)[name]).toEqual(patch[name]);
        }
      }
      if (at.steps.every(({ kind }) => kind === 'key')) expect(valuesAt(merged, at)).toHaveLength(1);
      expectOthersUntouched(before, after, at.steps);
      expect(parsePayload(mergePayload(after, bytes(patch), at))).toEqual(merged);
    }),
    { numRuns: 500 },
  );
});

it('after a delete nothing is left at the path, save for elements that only whole arrays lose', () => {
  fc.assert(
    fc.property(object, path, (payload, at) => {
      const before = bytes(payload);
      const after = deleteKeys(before, [at]);
      const left = parsePayload(after);
      if (at.steps.at(-1)!.kind === 'index') expect(left).toEqual(payload);
      else expect(valuesAt(left, at)).toEqual([]);
      expectOthersUntouched(before, after, at.steps);
      expect(deleteKeys(after, [at])).toBe(after);
    }),
    { numRuns: 500 },
  );
});

it('an included path keeps its values, an excluded one loses them and nothing else', () => {
  fc.assert(
    fc.property(object, path, path, (payload, at, other) => {
      const source = bytes(payload);
      const included = parsePayload(selectPayload(source, { include: [at.text, other.text] }));
      const byIndex = [...at.steps, ...other.steps].some(({ kind }) => kind === 'index');
      // A chosen element stands at another place among the elements that stay.
      if (!byIndex) {
        expect(valuesAt(included, at)).toEqual(valuesAt(payload, at));
        const excluded = parsePayload(selectPayload(source, { exclude: [at.text] }));
        expect(valuesAt(excluded, at)).toEqual([]);
        const both = selectPayload(bytes(included), { include: [at.text, other.text] });
        expect(parsePayload(both)).toEqual(included);
      }
      const all = [...topLevelSpans(selectPayload(source, { exclude: [at.text] })).keys()];
      const kept = Object.keys(payload).filter((name) => name !== rootKey(at.steps) || at.steps.length > 1);
      expect(all).toEqual(kept);
    }),
    { numRuns: 500 },
  );
});
