import { checkCollectionName } from '../../api/collection-name.ts';
import { checkConsistency, timeoutSec, writeOptions } from '../../api/parse-params.ts';
import { parseBody, parseBodyInSteps } from '../../api/parse-points.ts';
import type { RequestContext, WriteOptions } from '../../api/requests.ts';
import type { Violations } from '../../api/violations.ts';
import type { Coordinator } from '../../coordinator/coordinator.ts';
import { SextantError } from '../../model/errors.ts';
import type { BodyValue } from '../../model/json.ts';
import type { Clock } from '../../shared/clock.ts';
import { paceSteps, type Steps } from '../../shared/steps.ts';
import type { RestReply, RestRequest } from './http.ts';
import type { JsonWriter } from './json-writer.ts';
import { resultReply, writtenReply } from './reply.ts';

/** What every handler may use. */
export interface RestDeps {
  readonly coordinator: Coordinator;
  /** The engine's bounded scan of a JSON body. */
  readonly scanBody: (body: Uint8Array) => BodyValue;
  readonly clock: Clock;
  /** Limit of reads that give no `timeout`. */
  readonly searchTimeoutMs: number;
}

export type Handler = (call: Call) => RestReply | Promise<RestReply>;

/** One request on its way through a handler: parse, one coordinator call, encode. */
export class Call {
  readonly request: RestRequest;
  readonly deps: RestDeps;
  /** Decoded parameters of the path, in order. */
  readonly params: readonly string[];
  readonly #startedMs: number;

  constructor(request: RestRequest, deps: RestDeps, params: readonly string[], startedMs: number) {
    this.request = request;
    this.deps = deps;
    this.params = params;
    this.#startedMs = startedMs;
  }

  get coordinator(): Coordinator {
    return this.deps.coordinator;
  }

  /** The collection in the path. */
  collection(isNew = false): string {
    return checkCollectionName(this.params[0] ?? '', isNew);
  }

  context(): RequestContext {
    const seconds = timeoutSec(this.request.query);
    return {
      signal: this.request.signal,
      timeoutMs: seconds === null ? this.deps.searchTimeoutMs : seconds * 1000,
      startedMs: this.#startedMs,
    };
  }

  /** The context of a read of points. */
  readContext(): RequestContext {
    checkConsistency(this.request.query);
    return this.context();
  }

  writeOptions(): WriteOptions {
    return writeOptions(this.request.query);
  }

  /** The body, scanned and parsed. Throws `jsonFormat` and `validation`. */
  body<T>(parse: (value: BodyValue, violations: Violations) => T): T {
    return parseBody(this.#scanned(), parse);
  }

  /** The same for what may be long: other requests have their turn in between. */
  bodyInSteps<T>(parse: (value: BodyValue, violations: Violations) => Steps<T>): Promise<T> {
    return paceSteps(parseBodyInSteps(this.#scanned(), parse));
  }

  #scanned(): BodyValue {
    const type = this.request.headers['content-type'];
    if (typeof type !== 'string' || !JSON_CONTENT.test(type)) {
      throw new SextantError('jsonFormat', 'Content type error');
    }
    return this.deps.scanBody(this.request.body);
  }

  /** The envelope around a small plain result. */
  result(result: unknown): RestReply {
    return resultReply(result, this.#elapsedMs());
  }

  /** The envelope around what `write` assembles. */
  written(write: (writer: JsonWriter) => void | Promise<void>): Promise<RestReply> {
    return writtenReply(write, () => this.#elapsedMs());
  }

  #elapsedMs(): number {
    return this.deps.clock.monotonicMs() - this.#startedMs;
  }
}

const JSON_CONTENT = /^\s*application\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i;
