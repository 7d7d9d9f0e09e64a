import { SextantError } from '../../model/errors.ts';
import { crc32c } from '../../shared/crc32c.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { BLOCK_SLOTS, ColumnBlock } from './column-block.ts';
import { type TextTable, textSize } from './text-table.ts';

/**
 * A column block on disk (little endian; README.md has the layout):
 * version, kind, used slots, packed columns of flags and counts, lengths when some slot has several values, then the
 * values: numbers packed, or a dictionary of texts and packed indexes into it; CRC-32C of all that.
 */
const VERSION = 1;
const KIND = { numbers: 0, codes: 1 } as const;

/** Null when nothing is known of any slot: such a block is not stored. */
export function encodeBlock(block: ColumnBlock, dictionary: TextTable | null): Uint8Array | null {
  let used = BLOCK_SLOTS;
  while (used > 0 && block.flags[used - 1] === 0 && block.counts[used - 1] === 0) used--;
  if (used === 0) return null;
  const out = new ByteWriter();
  out.u8(VERSION);
  out.u8(dictionary === null ? KIND.numbers : KIND.codes);
  out.u16(used);
  out.packed(new Float64Array(block.flags.subarray(0, used)));
  out.packed(new Float64Array(block.counts.subarray(0, used)));
  out.u8(block.lengths === null ? 0 : 1);
  if (block.lengths !== null) out.packed(new Float64Array(block.lengths.subarray(0, used)));
  const values = listValues(block, used);
  if (dictionary === null) out.packed(values);
  else writeCodes(out, values, dictionary);
  out.u32(crc32c(out.bytes()));
  return out.bytes();
}

/** Throws `SextantError('unavailable')` when the bytes are not what `encodeBlock` wrote. */
export function decodeBlock(bytes: Uint8Array, dictionary: TextTable | null, name: string): ColumnBlock {
  const end = bytes.length - 4;
  const input = new ByteReader(bytes);
  if (end < 0 || input.u32At(end) !== crc32c(bytes.subarray(0, end))) throw damaged(name, 'checksum');
  if (input.u8() !== VERSION) throw damaged(name, 'version');
  if (input.u8() !== (dictionary === null ? KIND.numbers : KIND.codes)) throw damaged(name, 'kind');
  const used = input.u16();
  const block = new ColumnBlock(dictionary === null);
  const flags = input.packed(used);
  const counts = input.packed(used);
  const lengths = input.u8() === 0 ? null : input.packed(used);
  let total = 0;
  for (let i = 0; i < used; i++) {
    block.flags[i] = flags[i]!;
    block.counts[i] = counts[i]!;
    total += lengths === null ? block.lengthAt(i) : lengths[i]!;
  }
  const values = dictionary === null ? input.packed(total) : readCodes(bytes, input, total, dictionary);
  block.restore(used, lengths, values);
  return block;
}

const damaged = (name: string, what: string): SextantError =>
  new SextantError('unavailable', `payload index ${name} is damaged on disk (${what})`);

/** The values of all slots, one slot after the other. */
function listValues(block: ColumnBlock, used: number): Float64Array {
  let total = 0;
  for (let at = 0; at < used; at++) total += block.lengthAt(at);
  const out = new Float64Array(total);
  const { values, extra } = block;
  let end = 0;
  for (let at = 0; at < used; at++) {
    const length = block.lengthAt(at);
    if (length === 1) out[end++] = values[at]!;
    else for (let i = 0; i < length; i++) out[end++] = extra[values[at]! + i]!;
  }
  return out;
}

function writeCodes(out: ByteWriter, codes: Float64Array, dictionary: TextTable): void {
  const local = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    let index = local.get(code);
    if (index === undefined) {
      index = local.size;
      local.set(code, index);
    }
    codes[i] = index;
  }
  const heads = Float64Array.from(local.keys(), (code) => dictionary.headOf(code));
  out.u32(heads.length);
  out.packed(heads);
  out.raw(
    heads.reduce((sum, head) => sum + textSize(head), 0),
    (buffer, from) => {
      let at = from;
      for (const code of local.keys()) {
        dictionary.copyTo(code, buffer, at);
        at += textSize(dictionary.headOf(code));
      }
    },
  );
  out.packed(codes);
}

function readCodes(bytes: Uint8Array, input: ByteReader, total: number, dictionary: TextTable): Float64Array {
  const heads = input.packed(input.u32());
  const codes = heads.map((head) => dictionary.codeOfBytes(bytes, input.raw(textSize(head)), head));
  const indexes = input.packed(total);
  for (let i = 0; i < total; i++) indexes[i] = codes[indexes[i]!]!;
  return indexes;
}
