import type { PointRecord, ScoredPoint } from '../../model/point.ts';
import { DEFAULT_VECTOR, type NamedVectors, type Vector } from '../../model/vector.ts';
import { ascii, type JsonWriter } from './json-writer.ts';

const OPEN_ID = ascii('{"id":');
const VERSION = ascii(',"version":');
const SCORE = ascii(',"score":');
const PAYLOAD = ascii(',"payload":');
const VECTOR = ascii(',"vector":');
const COMMA = 44;
const COLON = 58;
const OPEN = 91;
const CLOSE = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Encoding lets the event loop run after each stretch of this many bytes (some milliseconds of work). */
const STRETCH_BYTES = 512 * 1024;

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An array of scored points; fields that were not asked for are left out. */
export async function writeScoredPoints(writer: JsonWriter, points: readonly ScoredPoint[]): Promise<void> {
  await writeList(writer, points, (point) => {
    writer.literal(OPEN_ID);
    writer.id(point.id);
    writer.literal(VERSION);
    writer.uint(point.version);
    writer.literal(SCORE);
    writer.f32(point.score);
    writeRest(writer, point);
  });
}

export async function writeRecords(writer: JsonWriter, points: readonly PointRecord[]): Promise<void> {
  await writeList(writer, points, (point) => writeRecord(writer, point));
}

export function writeRecord(writer: JsonWriter, point: PointRecord): void {
  writer.literal(OPEN_ID);
  writer.id(point.id);
  writeRest(writer, point);
}

/** A JSON array; waits for nothing when it is short. */
export async function writeList<T>(
  writer: JsonWriter,
  items: readonly T[],
  write: (item: T) => void | Promise<void>,
): Promise<void> {
  writer.byte(OPEN);
  let rested = writer.length;
  for (let i = 0; i < items.length; i++) {
    if (i > 0) writer.byte(COMMA);
    const pending = write(items[i]!);
    if (pending !== undefined) await pending;
    if (writer.length - rested > STRETCH_BYTES) {
      rested = writer.length;
      await breath();
    }
  }
  writer.byte(CLOSE);
}

function writeRest(writer: JsonWriter, point: PointRecord): void {
  if (point.payload !== null) {
    writer.literal(PAYLOAD);
    writer.bytes(point.payload);
  }
  if (point.vectors !== null) {
    writer.literal(VECTOR);
    writeVectors(writer, point.vectors);
  }
  writer.byte(CLOSE_OBJECT);
}

/** The unnamed vector alone is a bare list, anything else a map by name. */
function writeVectors(writer: JsonWriter, vectors: NamedVectors): void {
  const single = vectors.size === 1 ? vectors.get(DEFAULT_VECTOR) : undefined;
  if (single !== undefined) {
    writeVector(writer, single);
    return;
  }
  let separator = OPEN_OBJECT;
  for (const [name, vector] of vectors) {
    writer.byte(separator);
    writer.string(name);
    writer.byte(COLON);
    writeVector(writer, vector);
    separator = COMMA;
  }
  if (separator === OPEN_OBJECT) writer.byte(OPEN_OBJECT);
  writer.byte(CLOSE_OBJECT);
}

function writeVector(writer: JsonWriter, vector: Vector): void {
  writer.byte(OPEN);
  for (let i = 0; i < vector.length; i++) {
    if (i > 0) writer.byte(COMMA);
    writer.f32(vector[i]!);
  }
  writer.byte(CLOSE);
}
