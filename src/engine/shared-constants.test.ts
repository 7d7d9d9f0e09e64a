import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEPTH_MAX } from './body-scan.ts';
import { DATATYPE_CODES, DISTANCE_CODES, HITS_MAX } from './check.ts';
import { packagePath } from './package-root.ts';
import { SEARCH_FLAGS } from './search-block.ts';
import { BODY_BYTES_MAX } from './tape.ts';

const native = (...path: string[]): string => readFileSync(packagePath('native', ...path), 'utf8');

/** `name = value` pairs of a C++ enum. */
function enumOf(source: string, name: string): Record<string, number> {
  const body = new RegExp(`enum (?:class )?${name} : \\w+ \\{([^}]*)\\}`).exec(source)![1]!;
  return Object.fromEntries(
    [...body.matchAll(/(\w+) = (\d+)/g)].map(([, key, value]) => [key, Number(value)]),
  );
}

test('numbers that TypeScript and C++ both know are the same', () => {
  const header = native('core', 'vector_index.hpp');
  const { Dot: dot, Cosine: cosine, Euclid: euclid, Manhattan: manhattan } = DISTANCE_CODES;
  expect(enumOf(header, 'Distance')).toEqual({ dot, cosine, euclid, manhattan });
  const { float32: f32, float16: f16, uint8: u8 } = DATATYPE_CODES;
  expect(enumOf(header, 'Datatype')).toEqual({ f32, f16, u8 });
  expect(enumOf(header, 'Arena')).toEqual({ vectors: 0, codes: 1, links: 2, upper: 3 });
  expect(enumOf(header, 'Stopped')).toEqual({ done: 0, deadline: 1, cancelled: 2 });
  expect(enumOf(header, 'Status')).toEqual({ ok: 0, badArgument: 1, noMemory: 2, io: 3, full: 4 });

  const found = native('glue', 'found.hpp');
  const { graph, expand, codes, rescore, linkedOnly } = SEARCH_FLAGS;
  const flags = { flagGraph: graph, flagExpand: expand, flagCodes: codes, flagRescore: rescore };
  expect(enumOf(found, 'SearchFlag')).toEqual({ ...flags, flagLinkedOnly: linkedOnly });
  expect(found).toContain(`hitsMax = uint64_t(1) << ${Math.log2(HITS_MAX)}`);

  const scan = native('json', 'scan.hpp');
  expect(scan).toContain(`depthMax = ${DEPTH_MAX};`);
  expect(scan).toContain(`bodyBytesMax = size_t(1) << ${Math.log2(BODY_BYTES_MAX)};`);
});
