import { type ErrorKind, SextantError } from '../../model/errors.ts';
import type { Logger } from '../../observability/logger.ts';
import { jsonText } from './encode-info.ts';
import { JSON_TYPE, type RestReply } from './http.ts';
import { ascii, JsonWriter } from './json-writer.ts';

/** Status and wire prefix of every kind; the text of a hidden one stays inside. */
const WIRE: Record<ErrorKind, { status: number; prefix: string; hidden?: true }> = {
  badInput: { status: 400, prefix: 'Wrong input: ' },
  badRequest: { status: 400, prefix: 'Bad request: ' },
  jsonFormat: { status: 400, prefix: 'Format error in JSON body: ' },
  queryFormat: { status: 400, prefix: 'Deserialize error in query parameters: ' },
  pathFormat: { status: 400, prefix: '' },
  validation: { status: 422, prefix: '' },
  payloadTooLarge: { status: 413, prefix: '' },
  notFound: { status: 404, prefix: 'Not found: ' },
  alreadyExists: { status: 409, prefix: 'Wrong input: ' },
  forbidden: { status: 403, prefix: 'Forbidden: ' },
  timeout: { status: 408, prefix: 'Timeout: ' },
  rateLimit: { status: 429, prefix: 'Rate limiting exceeded: ' },
  standalone: { status: 405, prefix: '' },
  notImplemented: { status: 501, prefix: '' },
  internal: { status: 500, prefix: 'Service internal error: ', hidden: true },
  precondition: { status: 500, prefix: 'Pre-condition failure: ' },
  unavailable: { status: 503, prefix: 'Shard temporarily unavailable: ' },
  insufficientStorage: { status: 507, prefix: 'Insufficient storage: ' },
};

const HIDDEN_TEXT = 'something went wrong inside the server, its log has the cause';
const RETRY_AFTER_SEC = '1';

/** The error envelope. What nobody outside can act on goes to the log with its cause, and only there. */
export function errorReply(error: unknown, elapsedMs: number, logger: Logger): RestReply {
  const known = error instanceof SextantError ? error : null;
  const { status, prefix, hidden } = WIRE[known?.kind ?? 'internal'];
  if (hidden || (known?.cause !== undefined && status >= 500)) logger.error('request failed', { error });
  const text = `${prefix}${known === null || hidden ? HIDDEN_TEXT : known.message}`;
  const reply = statusReply(status, text, elapsedMs);
  if (status === 429) reply.headers = { 'retry-after': RETRY_AFTER_SEC };
  return reply;
}

export function statusReply(status: number, error: string, elapsedMs: number): RestReply {
  const body = `{"status":{"error":${JSON.stringify(error)}},"time":${seconds(elapsedMs)}}`;
  return { status, body, contentType: JSON_TYPE };
}

/** The envelope around a small result. */
export function resultReply(result: unknown, elapsedMs: number): RestReply {
  const body = `{"result":${jsonText(result)},"status":"ok","time":${seconds(elapsedMs)}}`;
  return { status: 200, body, contentType: JSON_TYPE };
}

const RESULT = ascii('{"result":');
const STATUS = ascii(',"status":"ok","time":');

/** The envelope around a result that `write` assembles; `elapsedMs` is asked at the end. */
export async function writtenReply(
  write: (writer: JsonWriter) => void | Promise<void>,
  elapsedMs: () => number,
): Promise<RestReply> {
  const writer = new JsonWriter();
  writer.literal(RESULT);
  await write(writer);
  writer.literal(STATUS);
  writer.raw(`${seconds(elapsedMs())}}`);
  return { status: 200, body: writer.finish(), contentType: JSON_TYPE };
}

/** Seconds with nanoseconds at most. */
const seconds = (elapsedMs: number): string => String(Math.round(elapsedMs * 1e6) / 1e9);
