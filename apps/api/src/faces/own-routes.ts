import { encodeJson, Fault } from '@tidemark/domain';
import { AskedByPath, type Ask } from '@tidemark/faces';
import { CORRELATION_HEADER, problem } from '@tidemark/protocol';
import { Refused } from '@tidemark/sync-engine';
import type { z } from 'zod';

/** As much of Fastify as is needed here: a request that takes the same way as one from outside, hooks and all, but for the socket. */
export interface Injecting {
  inject(request: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly payload?: string | Buffer;
  }): Promise<{ readonly statusCode: number; readonly payload: string }>;
}

/** Who asks, as the request said it that is answered with these. */
export interface AskedBy {
  /** The header, whole. */
  readonly authorization: string;
  readonly correlationId: string;
}

/**
 * This server as one of its devices asks it: by its own routes, in the process, under that device's own token. So the door, memberships and limits are the same for a
 * browser as for an agent, and a face cannot tell or do anything that the device could not.
 */
export class OwnRoutes extends AskedByPath {
  readonly #routes: Injecting;
  readonly #by: AskedBy;

  constructor(routes: Injecting, by: AskedBy) {
    super();
    this.#routes = routes;
    this.#by = by;
  }

  /** @throws {Refused} @throws {Fault} `retry: 'later'` */
  protected async ask<Answer>(path: string, schema: z.ZodType<Answer>, { method, json, bytes }: Ask = {}): Promise<Answer> {
    const { authorization, correlationId } = this.#by;
    const type = json === undefined ? 'application/octet-stream' : 'application/json';
    const payload = bytes === undefined ? (json === undefined ? undefined : encodeJson(json)) : Buffer.from(bytes);
    const answer = await this.#routes.inject({
      method: method ?? 'GET',
      url: `/v1${path}`,
      headers: { authorization, [CORRELATION_HEADER]: correlationId, ...(payload === undefined ? {} : { 'content-type': type }) },
      ...(payload === undefined ? {} : { payload }),
    });
    const body: unknown = JSON.parse(answer.payload);
    if (answer.statusCode < 300) return schema.parse(body);
    const { code, detail } = problem.parse(body);
    if (answer.statusCode >= 500) throw new Fault(detail, { retry: 'later' });
    throw new Refused(code, detail);
  }
}
