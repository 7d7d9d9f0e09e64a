import { promisify } from 'node:util';
import { brotliDecompress, constants, gzip, gzipSync, unzip } from 'node:zlib';
import { SextantError } from '../../model/errors.ts';
import { tooLarge } from './read-body.ts';

const gzipAsync = promisify(gzip);
const unzipAsync = promisify(unzip);
const brotliAsync = promisify(brotliDecompress);

/** Below this a reply fits into a packet or two and compressing costs more than it saves. */
const GZIP_BYTES_MIN = 1024;
/** Above this a reply is sent as it is: compressing needs it in one piece. */
const GZIP_BYTES_MAX = 64 * 1024 * 1024;

/** True when the header allows gzip, by name or by `*`. */
export function acceptsGzip(header: string | undefined): boolean {
  if (header === undefined) return false;
  let wildcard = false;
  for (const item of header.toLowerCase().split(',')) {
    const [coding, ...params] = item.split(';').map((part) => part.trim());
    const refused = params.some((param) => /^q=0(\.0*)?$/.test(param));
    if (coding === 'gzip') return !refused;
    if (coding === '*') wildcard = !refused;
  }
  return wildcard;
}

export const worthGzip = (bytes: number): boolean => bytes >= GZIP_BYTES_MIN && bytes <= GZIP_BYTES_MAX;

/**
 * Up to here the hop to a thread costs several times what compressing does (2 KB: 14 us here, 32 to 200 us by the pool),
 * and the smaller tables are most of the difference.
 */
const INLINE_BYTES_MAX = 16 * 1024;
const INLINE = { level: constants.Z_BEST_SPEED, windowBits: 13, memLevel: 6, chunkSize: 4096 };

/** Compresses small replies at once, larger ones on a thread of the pool. */
export async function gzipBody(chunks: readonly Buffer[], bytes: number): Promise<Buffer> {
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  if (bytes <= INLINE_BYTES_MAX) return gzipSync(body, INLINE);
  return gzipAsync(body, { level: constants.Z_BEST_SPEED });
}

const DECODERS = new Map([
  ['gzip', unzipAsync],
  ['deflate', unzipAsync],
  ['br', brotliAsync],
]);

/**
 * A request's body as it was before its `content-encoding` (gzip, deflate or br). Throws `payloadTooLarge` as soon as it
 * grows beyond `bytesMax`, `jsonFormat` for data or a coding that cannot be read.
 */
export async function decodeBody(body: Uint8Array, encoding: string, bytesMax: number): Promise<Uint8Array> {
  const coding = encoding.trim().toLowerCase();
  if (coding === '' || coding === 'identity') return body;
  const decode = DECODERS.get(coding);
  if (decode === undefined) {
    throw new SextantError(
      'jsonFormat',
      `Content encoding error: \`${coding.slice(0, 100)}\` is not supported`,
    );
  }
  try {
    return await decode(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new SextantError('jsonFormat', `Content encoding error: the body is no valid ${coding}`, {
      cause: error,
    });
  }
}
