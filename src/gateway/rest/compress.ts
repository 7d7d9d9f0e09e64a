import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';

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

/** Compresses on a thread of the pool. */
export function gzipBody(chunks: readonly Buffer[]): Promise<Buffer> {
  const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  return gzipAsync(body, { level: constants.Z_BEST_SPEED });
}
