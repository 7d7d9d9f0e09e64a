/**
 * What went wrong, by who must act. A gateway maps each kind to its status (exhaustively) and to the wire prefix;
 * `message` carries no prefix. The cause is for the log, never for the wire.
 */
export type ErrorKind =
  | 'badInput' // the request contradicts the data or schema: "Wrong input: ", 400
  | 'badRequest' // the request contradicts itself or a limit: "Bad request: ", 400
  | 'jsonFormat' // the body is not the expected JSON shape: "Format error in JSON body: ", 400
  | 'queryFormat' // a malformed query parameter: "Deserialize error in query parameters: ", 400
  | 'pathFormat' // a malformed path part, the whole text in message, 400
  | 'validation' // a field's value is out of its limits, whole text in message, 422
  | 'payloadTooLarge' // 413
  | 'notFound' // 404
  | 'alreadyExists' // 409
  | 'forbidden' // 403
  | 'timeout' // 408
  | 'rateLimit' // 429
  | 'standalone' // 405
  | 'notImplemented' // a Qdrant feature that Sextant does not have yet, named in message: 501
  | 'internal' // 500
  | 'precondition' // 500
  | 'unavailable' // 503, also: this collection could not be opened, the log refused further writes
  | 'insufficientStorage'; // 507

export class SextantError extends Error {
  override name = 'SextantError';
  readonly kind: ErrorKind;

  constructor(kind: ErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

export const badInput = (message: string): SextantError => new SextantError('badInput', message);
export const badRequest = (message: string): SextantError => new SextantError('badRequest', message);
export const notFound = (message: string): SextantError => new SextantError('notFound', message);
/** `feature` completes the sentence "… is not supported yet". */
export const notImplemented = (feature: string): SextantError =>
  new SextantError('notImplemented', `${feature} is not supported by Sextant yet`);
