/**
 * JSON as the server handles it. Objects have a null prototype, so `__proto__` is just a key. Integers beyond 2^53-1
 * are `bigint`. `Float32Array` and `RawJson` appear only in what the engine's body scan returns (engine/body-scan.ts).
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** A JSON value kept as the client's bytes; valid JSON, already checked by the scan that made it. */
export class RawJson {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A request body after the scan: `RawJson` under payload keys, `Float32Array` for vectors. */
export type BodyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | RawJson
  | Float32Array
  | BodyValue[]
  | BodyObject;
export interface BodyObject {
  [key: string]: BodyValue;
}
