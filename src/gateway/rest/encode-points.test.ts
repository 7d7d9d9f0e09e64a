import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScoredPoint } from '../../model/point.ts';
import { formatPointId, type PointId } from '../../model/point-id.ts';
import { writeRecords, writeScoredPoints } from './encode-points.ts';
import { JsonWriter } from './json-writer.ts';

async function text(write: (writer: JsonWriter) => Promise<void>): Promise<string> {
  const writer = new JsonWriter();
  await write(writer);
  const { length } = writer;
  const bytes = Buffer.concat(writer.finish());
  expect(bytes.length).toBe(length);
  return bytes.toString();
}

const UUID = '550e8400-e29b-41d4-a716-446655440000';
const ids: fc.Arbitrary<PointId> = fc.oneof(
  fc.constantFrom<PointId>(
    0,
    1,
    9,
    10,
    2 ** 31 - 1,
    2 ** 31,
    Number.MAX_SAFE_INTEGER,
    2n ** 53n,
    2n ** 64n - 1n,
    UUID,
  ),
  fc.nat(),
);
const floats = fc.float({ noNaN: true, noDefaultInfinity: true });
const vectors = fc.array(floats, { maxLength: 5 }).map((list) => new Float32Array(list));
const points: fc.Arbitrary<ScoredPoint[]> = fc.array(
  fc.record({
    id: ids,
    version: fc.nat(),
    score: floats,
    payload: fc.option(
      fc.dictionary(fc.string(), fc.jsonValue()).map((object) => Buffer.from(JSON.stringify(object))),
    ),
    vectors: fc.option(
      fc.array(fc.tuple(fc.string(), vectors), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    ),
  }),
  { maxLength: 20 },
);

/** The same by way of objects and `JSON.stringify`; ids as texts, since JSON.parse rounds the large ones. */
function model(point: ScoredPoint): unknown {
  const { id, version, score, payload, vectors } = point;
  const bare = vectors?.size === 1 ? vectors.get('') : undefined;
  const list = (vector: Float32Array): number[] => Array.from(vector, (v) => (v === 0 ? 0 : v));
  return {
    id: formatPointId(id),
    version,
    score: score === 0 ? 0 : score,
    ...(payload === null ? {} : { payload: JSON.parse(payload.toString()) }),
    ...(vectors === null
      ? {}
      : { vector: bare ? list(bare) : Object.fromEntries([...vectors].map(([name, v]) => [name, list(v)])) }),
  };
}

/** Numbers of vectors and scores as f32, and ids as their text. */
function parsed(json: string): unknown[] {
  const quoted = json.replaceAll(
    /"id":(\d+|"[0-9a-f-]{36}")(?=,"version")/g,
    (_, id) => `"id":${JSON.stringify(id)}`,
  );
  const narrow = (value: unknown): unknown =>
    typeof value === 'number'
      ? Math.fround(value) || 0
      : Array.isArray(value)
        ? value.map(narrow)
        : Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, narrow(inner)]));
  return (JSON.parse(quoted) as Record<string, unknown>[]).map((point) => ({
    ...point,
    score: narrow(point.score),
    ...('vector' in point ? { vector: narrow(point.vector) } : {}),
  }));
}

describe('points', () => {
  it('read back as what they were', async () => {
    await fc.assert(
      fc.asyncProperty(points, async (list) => {
        expect(parsed(await text((writer) => writeScoredPoints(writer, list)))).toEqual(list.map(model));
      }),
      { numRuns: 300, seed: 11 },
    );
  });

  it('carry the stored payload byte by byte, and nothing that was not asked for', async () => {
    const payload = Buffer.from('{"__proto__": 1.50, "a": 18446744073709551615}');
    const records = [
      { id: 18446744073709551615n, payload, vectors: null },
      { id: UUID, payload: null, vectors: new Map() },
    ];
    expect(await text((writer) => writeRecords(writer, records))).toBe(
      `[{"id":18446744073709551615,"payload":{"__proto__": 1.50, "a": 18446744073709551615}},{"id":"${UUID}","vector":{}}]`,
    );
    expect(await text((writer) => writeRecords(writer, []))).toBe('[]');
  });

  it('in any number let the event loop run', async () => {
    const vector = new Float32Array(1000).map((_, i) => Math.fround(i / 7));
    const list = Array.from({ length: 1000 }, (_, id) => ({
      id,
      payload: null,
      vectors: new Map([['', vector]]),
    }));
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const json = await text((writer) => writeRecords(writer, list));
    clearImmediate(timer);
    expect(JSON.parse(json)).toHaveLength(1000);
    expect(turns).toBeGreaterThan(json.length / (2 * 512 * 1024));
  });
});
