import type { Logger } from '../../observability/logger.ts';
import { Call, type Handler, type RestDeps } from './call.ts';
import { COLLECTION_ROUTES } from './collections.ts';
import type { RestReply, RestRequest } from './http.ts';
import { POINT_ROUTES } from './points.ts';
import { QUERY_ROUTES } from './query.ts';
import { errorReply, statusReply } from './reply.ts';
import { Router } from './router.ts';
import { SERVICE_ROUTES } from './service.ts';
import { UNBUILT_ROUTES } from './unbuilt.ts';

/** Answers whole requests; knows the routes, nothing of sockets. Never rejects. */
export class Gateway {
  readonly #deps: RestDeps;
  readonly #logger: Logger;
  readonly #router = new Router<Handler>([
    ...SERVICE_ROUTES,
    ...COLLECTION_ROUTES,
    ...POINT_ROUTES,
    ...QUERY_ROUTES,
    ...UNBUILT_ROUTES,
  ]);

  constructor(deps: RestDeps, logger: Logger) {
    this.#deps = deps;
    this.#logger = logger;
  }

  /** `startedMs` is `Clock.monotonicMs()` at the arrival of the request. */
  async answer(request: RestRequest, startedMs: number): Promise<RestReply> {
    try {
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const match = this.#router.find(method, request.path);
      if (match.kind === 'found') {
        return await match.route.handler(new Call(request, this.#deps, match.params, startedMs));
      }
      const elapsedMs = this.#deps.clock.monotonicMs() - startedMs;
      if (match.kind === 'none') return statusReply(404, 'Not found: no such route', elapsedMs);
      const reply = statusReply(405, `Method ${method} is not allowed here`, elapsedMs);
      return { ...reply, headers: { allow: match.allowed.join(', ') } };
    } catch (error) {
      const { signal } = request;
      // The client left and the work stopped for that: nobody is left to be told, and nothing is wrong.
      if (signal.aborted && error === signal.reason) return statusReply(408, 'the client is gone', 0);
      return this.refuse(error, startedMs);
    }
  }

  /** The reply to a request that failed before or in its handler. */
  refuse(error: unknown, startedMs: number): RestReply {
    return errorReply(error, this.#deps.clock.monotonicMs() - startedMs, this.#logger);
  }
}
