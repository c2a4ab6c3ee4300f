import type { ClusterAnswers, ClusterCalls, CommandAnswer, CommandContext, Commands } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import { answerOf, resultOf } from '../nats/requests.js';

type Handler = (request: unknown) => Promise<unknown>;
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

/** Request and reply within one process; payloads and answers pass through JSON as they do on the wire. */
export class MemoryMessaging implements Commands, ClusterCalls, ClusterAnswers {
  readonly #handlers = new Map<string, Handler>();

  /** Answers a command of a service. */
  answer(service: string, verb: string, handler: Handler): void {
    this.#handlers.set(`cmd.${service}.${verb}`, handler);
  }

  async send<Result>(
    service: string,
    verb: string,
    payload: unknown,
    context: CommandContext,
  ): Promise<CommandAnswer<Result>> {
    const handler = this.#handlers.get(`cmd.${service}.${verb}`);
    if (!handler)
      throw new EventStoreError('service-unavailable', `${service} does not answer; is it running?`, service);
    return (await this.#ask(
      handler,
      { payload, context },
      `command ${verb} to ${service}`,
    )) as CommandAnswer<Result>;
  }

  async call<Result>(cluster: string, method: string, payload: unknown): Promise<Result> {
    const handler = this.#handlers.get(`rpcs.cluster.${cluster}.${method}`);
    if (!handler)
      throw new EventStoreError('cluster-unreachable', `the applier of ${cluster} does not answer`, cluster);
    return (await this.#ask(handler, payload, `${method} on ${cluster}`)) as Result;
  }

  serve(
    cluster: string,
    method: string,
    handler: (payload: unknown, signal: AbortSignal) => Promise<unknown>,
  ) {
    const stopped = new AbortController();
    const key = `rpcs.cluster.${cluster}.${method}`;
    this.#handlers.set(key, (payload) => handler(payload, stopped.signal));
    return Promise.resolve(() => {
      stopped.abort();
      this.#handlers.delete(key);
      return Promise.resolve();
    });
  }

  async #ask(handler: Handler, request: unknown, what: string): Promise<unknown> {
    return resultOf(await answerOf(async () => throughJson(await handler(throughJson(request)))), what);
  }
}
