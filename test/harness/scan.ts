import { scanBody } from '../../src/engine/reference/scan-body.ts';
import { SextantError } from '../../src/model/errors.ts';
import type { BodyValue } from '../../src/model/json.ts';

/** A JSON text as a handler gets it. */
export const scanned = (text: string): BodyValue => scanBody(Buffer.from(text));

/** What `run` returns, or the error it throws as "kind: message". */
export function outcome<T>(run: () => T): T | string {
  try {
    return run();
  } catch (error) {
    if (error instanceof SextantError) return `${error.kind}: ${error.message}`;
    throw error;
  }
}
