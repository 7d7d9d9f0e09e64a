/** What bounds clients; bytes and milliseconds. */
export interface RestLimits {
  /** Bytes of one request's body. */
  bodyBytesMax: number;
  /** Bytes of all bodies that are being received or handled at one time. */
  bodiesBytesMax: number;
  connectionsMax: number;
  /** Limit of reads that give no `timeout`. */
  searchTimeoutMs: number;
  /** A connection without a request is closed after this. */
  keepAliveMs: number;
  /** The head of a request must be whole after this. */
  headersMs: number;
  /** A whole request, body included, must have arrived after this. */
  requestMs: number;
  /** A client that takes nothing of its reply for this long is cut off. */
  replyStallMs: number;
}

export const DEFAULT_REST_LIMITS: RestLimits = {
  bodyBytesMax: 32 * 1024 * 1024,
  bodiesBytesMax: 512 * 1024 * 1024,
  connectionsMax: 10_000,
  searchTimeoutMs: 60_000,
  keepAliveMs: 30_000,
  headersMs: 5_000,
  requestMs: 120_000,
  replyStallMs: 60_000,
};
