import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { systemClock } from '../shared/clock.ts';
import { describeEngine } from './engine-contract.ts';
import { openEngine } from './open-engine.ts';
import { packagePath } from './package-root.ts';
import { ReferenceEngine } from './reference/reference-engine.ts';
import { WasmEngine } from './wasm/wasm-engine.ts';

const isBuilt = existsSync(packagePath('build', 'native', 'sextant.node'));

describeEngine('reference', {
  open: async () => new ReferenceEngine(systemClock),
  maps: false,
  approximate: false,
});

describeEngine('wasm', { open: async () => new WasmEngine(systemClock), maps: false, approximate: true });

if (isBuilt) {
  describeEngine('native', {
    open: () => openEngine({ prefer: 'native', threads: 2 }),
    maps: true,
    approximate: true,
  });

  test('the native engine is chosen where it is built', async () => {
    const notices: string[] = [];
    const engine = await openEngine({ threads: 2, onNotice: (line) => notices.push(line) });
    expect(engine.kind).toBe('native');
    expect(notices).toEqual([]);
  });
} else {
  test('without a compiler there is no addon, and the WASM engine is chosen', async () => {
    const notices: string[] = [];
    const engine = await openEngine({ threads: 2, onNotice: (line) => notices.push(line) });
    expect(engine.kind).toBe('wasm');
    expect(notices).toEqual([
      'the native core cannot be used (it is not built): the WebAssembly core is used',
    ]);
  });
}

test('the engine asked for is the one that comes', async () => {
  for (const prefer of ['wasm', 'reference'] as const) {
    expect((await openEngine({ prefer, threads: 1 })).kind).toBe(prefer);
  }
});

test('an instruction set that is not to be had is told', async () => {
  const notices: string[] = [];
  const engine = await openEngine({
    prefer: 'wasm',
    threads: 1,
    simd: 'mmx',
    onNotice: (line) => notices.push(line),
  });
  expect(notices).toEqual([`instruction set mmx is not to be had here: ${engine.instructionSet} is used`]);
});
