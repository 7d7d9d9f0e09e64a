import type { PointId } from '../model/point-id.ts';
import { decodePointId, encodePointId } from '../model/point-id.ts';
import { type Place, placeOf, segmentOf, slotOf } from './place.ts';

/**
 * Keys of a shard's records, by first byte (docs/FORMATS.md):
 *   b segment name block -> words of a bitmap      f segment rest -> payload index block
 *   i pointId -> place                             p segment slot -> row
 *   s -> shard state (JSON)
 */
const TAG = { bitmap: 0x62, field: 0x66, id: 0x69, row: 0x70, state: 0x73 } as const;

export const STATE_KEY = Buffer.from([TAG.state]);

export function idKey(id: PointId): Buffer {
  const encoded = encodePointId(id);
  const key = Buffer.allocUnsafe(1 + encoded.length);
  key[0] = TAG.id;
  key.set(encoded, 1);
  return key;
}
export const idOfKey = (key: Uint8Array): PointId => decodePointId(key, 1);
/** Bounds of all id keys at or after `from` (all when null). */
export const idRange = (from: PointId | null): { from: Buffer; to: Buffer } => ({
  from: from === null ? Buffer.from([TAG.id]) : idKey(from),
  to: Buffer.from([TAG.id + 1]),
});

export function rowKey(place: Place): Buffer {
  const key = Buffer.allocUnsafe(7);
  key[0] = TAG.row;
  key.writeUInt16BE(segmentOf(place), 1);
  key.writeUInt32BE(slotOf(place), 3);
  return key;
}

export function encodePlace(place: Place): Buffer {
  const out = Buffer.allocUnsafe(6);
  out.writeUInt16BE(segmentOf(place), 0);
  out.writeUInt32BE(slotOf(place), 2);
  return out;
}

export function decodePlace(bytes: Uint8Array): Place {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return placeOf(view.readUInt16BE(0), view.readUInt32BE(2));
}

export function bitmapKey(segment: number, name: string, block: number): Buffer {
  const text = Buffer.from(name);
  const key = Buffer.alloc(3 + text.length + 5);
  key[0] = TAG.bitmap;
  key.writeUInt16BE(segment, 1);
  text.copy(key, 3);
  key.writeUInt32BE(block, 4 + text.length);
  return key;
}

export function fieldKey(segment: number, suffix: Uint8Array): Buffer {
  const key = Buffer.allocUnsafe(3 + suffix.length);
  key[0] = TAG.field;
  key.writeUInt16BE(segment, 1);
  key.set(suffix, 3);
  return key;
}
