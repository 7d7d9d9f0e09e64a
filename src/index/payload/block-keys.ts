import { createHash } from 'node:crypto';
import { SextantError } from '../../model/errors.ts';
import { PAYLOAD_INDEX_TYPES, type PayloadIndexType } from '../../model/payload-schema.ts';
import { crc32c } from '../../shared/crc32c.ts';
import { ByteReader, ByteWriter } from './bytes.ts';

const VERSION = 1;
/** The block number under which a field's header is kept. */
export const HEADER_BLOCK = 0xffffffff;

export interface FieldHeader {
  /** All points of the segment have been put. */
  ready: boolean;
  /** Points with at least one indexed value, with a value that is not empty, with a null. */
  indexed: number;
  notEmpty: number;
  nulls: number;
}

/** 12 bytes, so that none is a prefix of another: 8 of the SHA-256 of the path, then the block number, big endian. */
export function blockKey(path: string, block: number): Uint8Array {
  const key = Buffer.allocUnsafe(12);
  pathHash(path).copy(key);
  key.writeUInt32BE(block, 8);
  return key;
}

function pathHash(path: string): Buffer {
  return createHash('sha256').update(path).digest().subarray(0, 8);
}

export function writeHeader(type: PayloadIndexType, header: FieldHeader): Uint8Array {
  const out = new ByteWriter();
  out.u8(VERSION);
  out.u8(PAYLOAD_INDEX_TYPES.indexOf(type));
  out.u8(header.ready ? 1 : 0);
  out.u32(header.indexed);
  out.u32(header.notEmpty);
  out.u32(header.nulls);
  out.u32(crc32c(out.bytes()));
  return out.bytes();
}

/** Throws `SextantError('unavailable')` when the bytes are no header of a field of `type`. */
export function readHeader(bytes: Uint8Array, type: PayloadIndexType, path: string): FieldHeader {
  const input = new ByteReader(bytes);
  const end = bytes.length - 4;
  const sound =
    end > 0 &&
    input.u32At(end) === crc32c(bytes.subarray(0, end)) &&
    input.u8() === VERSION &&
    PAYLOAD_INDEX_TYPES[input.u8()] === type;
  if (!sound) throw new SextantError('unavailable', `payload index ${path} is damaged on disk (header)`);
  return { ready: input.u8() === 1, indexed: input.u32(), notEmpty: input.u32(), nulls: input.u32() };
}
