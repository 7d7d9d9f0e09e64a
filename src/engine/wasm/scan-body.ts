import { SextantError } from '../../model/errors.ts';
import { type BodyScan, DEFAULT_BODY_LIMITS } from '../body-scan.ts';
import { checkBody, readBlock } from '../tape.ts';
import { instantiate, type WasmExports } from './module.ts';

/**
 * Linear memory never shrinks. An instance that large bodies have made larger than the first bound serves on while such
 * bodies come, for fresh memory costs more than the scan, and is dropped after a number of small ones; beyond the
 * second bound it is dropped at once.
 */
const LARGE_BYTES = 4 << 20;
const KEPT_BYTES_MAX = 96 << 20;
const SMALL_BODIES_MAX = 32;

interface ScanExports extends WasmExports {
  json_place(length: number): number;
  json_scan(body: number, length: number, depth: number, containers: number, scalars: number): number;
  json_block_bytes(): number;
  json_release(): void;
}

/** A body scan with a WASM instance of its own, made at the first use. */
export function wasmBodyScan(monotonicMs: () => number): BodyScan {
  let instance: ScanExports | null = null;
  let smallBodies = 0;
  return (body, limits = DEFAULT_BODY_LIMITS) => {
    checkBody(body, limits);
    instance ??= instantiate(monotonicMs) as ScanExports;
    const block = scan(instance, body, limits.depth, limits.containers, limits.scalars);
    const { byteLength } = instance.memory.buffer;
    smallBodies = body.length * 4 > LARGE_BYTES ? 0 : smallBodies + 1;
    const unused = byteLength > LARGE_BYTES && smallBodies > SMALL_BODIES_MAX;
    if (block === null || unused || byteLength > KEPT_BYTES_MAX) instance = null;
    if (block === null) throw new SextantError('insufficientStorage', 'out of memory while reading the body');
    return readBlock(block, body);
  };
}

function scan(
  wasm: ScanExports,
  body: Uint8Array,
  depth: number,
  containers: number,
  scalars: number,
): ArrayBuffer | null {
  const place = wasm.json_place(body.length);
  if (place === 0) return null;
  new Uint8Array(wasm.memory.buffer, place >>> 0, body.length).set(body);
  const block = wasm.json_scan(place, body.length, depth, containers, scalars) >>> 0;
  if (block === 0) return null;
  const copy = wasm.memory.buffer.slice(block, block + wasm.json_block_bytes());
  wasm.json_release();
  return copy as ArrayBuffer;
}
