import { promisify } from 'node:util';
import { constants, gzip, gzipSync } from 'node:zlib';

const gzipAsync = promisify(gzip);

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
