/** CRC-32C (Castagnoli) of `bytes`; `previous` continues an earlier result. */
export type Crc32c = (bytes: Uint8Array, previous?: number) => number;

const POLYNOMIAL = 0x82f63b78;

/** Eight tables of 256: table k advances a byte by k more zero bytes ("slicing by 8"). */
const TABLES = makeTables();
const T0 = TABLES.subarray(0, 256);
const T1 = TABLES.subarray(256, 512);
const T2 = TABLES.subarray(512, 768);
const T3 = TABLES.subarray(768, 1024);
const T4 = TABLES.subarray(1024, 1280);
const T5 = TABLES.subarray(1280, 1536);
const T6 = TABLES.subarray(1536, 1792);
const T7 = TABLES.subarray(1792, 2048);

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < 8 * 256; i++) {
    const crc = tables[i - 256]!;
    tables[i] = (crc >>> 8) ^ tables[crc & 0xff]!;
  }
  return tables;
}

/** In TypeScript, so that it is there on every platform; an engine may offer a faster one. */
export const crc32c: Crc32c = (bytes, previous = 0) => {
  let crc = ~previous;
  let at = 0;
  const end = bytes.length;
  // Whole words need an aligned start.
  while (at < end && ((bytes.byteOffset + at) & 3) !== 0) {
    crc = (crc >>> 8) ^ T0[(crc ^ bytes[at++]!) & 0xff]!;
  }
  const pairs = (end - at) >>> 3;
  if (pairs > 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, pairs * 2);
    for (let i = 0; i < words.length; i += 2) {
      const low = crc ^ words[i]!;
      const high = words[i + 1]!;
      crc =
        T7[low & 0xff]! ^
        T6[(low >>> 8) & 0xff]! ^
        T5[(low >>> 16) & 0xff]! ^
        T4[low >>> 24]! ^
        T3[high & 0xff]! ^
        T2[(high >>> 8) & 0xff]! ^
        T1[(high >>> 16) & 0xff]! ^
        T0[high >>> 24]!;
    }
    at += pairs * 8;
  }
  while (at < end) crc = (crc >>> 8) ^ T0[(crc ^ bytes[at++]!) & 0xff]!;
  return ~crc >>> 0;
};
