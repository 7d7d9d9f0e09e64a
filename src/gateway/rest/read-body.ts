import type { IncomingMessage } from 'node:http';
import { SextantError } from '../../model/errors.ts';

/** The client went away before its request was whole: nobody is left to answer, and nothing is wrong here. */
export class ClientGone extends Error {
  override name = 'ClientGone';
}

/** Bounds the bytes of all bodies that are being received or handled at one time. */
export class BodyBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** False, and nothing taken, when the bytes do not fit now. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}

export const tooLarge = (bytesMax: number): SextantError =>
  new SextantError('payloadTooLarge', `JSON payload is larger than allowed (limit: ${bytesMax} bytes).`);

export const overBudget = (): SextantError =>
  new SextantError('rateLimit', 'too many request bytes are in flight, try again later');

/** Throws `payloadTooLarge` when the head of the request already tells that the body is over the limit. */
export function checkAnnouncedLength(request: IncomingMessage, bytesMax: number): void {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
}

export const hasBody = (request: IncomingMessage): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

/**
 * Collects the body. Rejects with `payloadTooLarge` as soon as it passes `bytesMax` and with `rateLimit` when the budget
 * is used up (the rest is then read and dropped), with `ClientGone` when the connection ends first. What it took from
 * the budget is told to `onTaken`, piece by piece, for the caller to release.
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  budget: BodyBudget,
  onTaken: (bytes: number) => void,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const fail = (error: Error): void => {
      request.off('data', onData);
      request.resume();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length;
      if (bytes > bytesMax) fail(tooLarge(bytesMax));
      else if (!budget.take(chunk.length)) fail(overBudget());
      else {
        onTaken(chunk.length);
        chunks.push(chunk);
      }
    };
    request.on('data', onData);
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.once('close', () => {
      if (!request.complete) reject(new ClientGone());
    });
    request.on('error', () => reject(new ClientGone()));
  });
}
