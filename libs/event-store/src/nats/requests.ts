import { errors, type Msg, type NatsConnection } from '@nats-io/nats-core';
import { createInbox } from '@nats-io/nats-core/internal';
import { encodeToken } from '@syncline/events';
import {
  CommandRefused,
  isCommandRefused,
  type ClusterAnswers,
  type ClusterCalls,
  type CommandAnswer,
  type CommandContext,
  type Commands,
} from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import { classify } from './classify.js';

/** What travels back: a result, a refusal meant for the user, or a failure of the one who answers. */
type Answer =
  | { readonly ok: unknown }
  | { readonly refused: { readonly code: string; readonly sentence: string } }
  | { readonly failed: string };

/** Encodes what a handler came to; a refusal keeps its code and sentence, anything else only its message. */
export const answerOf = async (handle: () => Promise<unknown>): Promise<Answer> => {
  try {
    return { ok: (await handle()) ?? null };
  } catch (error) {
    if (isCommandRefused(error)) return { refused: { code: error.code, sentence: error.message } };
    return { failed: error instanceof Error ? error.message : String(error) };
  }
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Answers a request; what is too large or cannot be sent is answered as a failure. */
export const respond = async (message: Msg, handle: () => Promise<unknown>): Promise<void> => {
  const answer = await answerOf(handle);
  try {
    message.respond(JSON.stringify(answer));
  } catch (error) {
    // Nobody is left to hear it.
    if (error instanceof errors.ClosedConnectionError) return;
    message.respond(JSON.stringify(await answerOf(() => Promise.reject(asError(error)))));
  }
};

/** The result of an answer; throws the refusal or failure in it. */
export const resultOf = (answer: Answer, what: string): unknown => {
  if ('ok' in answer) return answer.ok;
  if ('refused' in answer) throw new CommandRefused(answer.refused.code, answer.refused.sentence);
  throw new EventStoreError('service-unavailable', `${what} failed: ${answer.failed}`, what);
};

const isSilence = (error: unknown): boolean =>
  error instanceof errors.NoRespondersError ||
  error instanceof errors.TimeoutError ||
  (error instanceof errors.RequestError && error.isNoResponders());

/** Commands over request and reply. */
export class NatsCommands implements Commands {
  constructor(private readonly nc: NatsConnection) {}

  async send<Result>(
    service: string,
    verb: string,
    payload: unknown,
    context: CommandContext,
    { timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {},
  ): Promise<CommandAnswer<Result>> {
    const what = `command ${verb} to ${service}`;
    const body = JSON.stringify({ payload, context });
    const reply = await this.nc
      .request(`cmd.${service}.${verb}`, body, { timeout: timeoutMs })
      .catch((error: unknown) => {
        if (!isSilence(error)) throw classify(error, what);
        throw new EventStoreError(
          'service-unavailable',
          `${service} does not answer; is it running?`,
          service,
          error,
        );
      });
    return resultOf(reply.json<Answer>(), what) as CommandAnswer<Result>;
  }
}

/** What an applier says of a call that it has taken, at once and again and again until it answers. */
const working = '"working"';
const sayWorkingMs = 1_500;
/** Who has not taken a call by then is not there. */
const takenWithinMs = 2_000;
/** Who has not spoken of a call for so long, having taken it, works on it no more. */
const silenceMs = 5_000;

/**
 * Calls to appliers across accounts: the reply subject must lie under the cluster's own. A call that comes before its applier
 * is connected (again) is lost without a word, and an applier may die over one. So it says while it works that it does: that nobody took
 * the call is noticed within two seconds and that nobody works on it any more within five, however long the answer may take.
 */
export class NatsClusterCalls implements ClusterCalls {
  constructor(private readonly nc: NatsConnection) {}

  async call<Result>(
    cluster: string,
    method: string,
    payload: unknown,
    { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {},
  ): Promise<Result> {
    const what = `${method} on ${cluster}`;
    const token = encodeToken(cluster);
    const reply = `rpcr.cluster.${token}.${createInbox().replace('_INBOX.', '')}`;
    const replies = this.nc.subscribe(reply);
    const endsAt = performance.now() + timeoutMs;
    const deadline = new Deadline(() => replies.unsubscribe());
    deadline.in(Math.min(takenWithinMs, timeoutMs));
    try {
      this.nc.publish(`rpcs.cluster.${token}.${method}`, JSON.stringify(payload), { reply });
      for await (const message of replies) {
        if (isNoResponders(message)) break;
        if (message.string() !== working) return resultOf(message.json<Answer>(), what) as Result;
        deadline.in(Math.min(silenceMs, endsAt - performance.now()));
      }
    } catch (error) {
      throw isSilence(error) ? unanswered(cluster, error) : rethrown(error, what);
    } finally {
      deadline.clear();
      replies.unsubscribe();
    }
    throw unanswered(cluster);
  }
}

const unanswered = (cluster: string, cause?: unknown): EventStoreError =>
  new EventStoreError('cluster-unreachable', `the applier of ${cluster} does not answer`, cluster, cause);

/** What an answer says is the caller's to know as it is; what the connection says is classified. */
const rethrown = (error: unknown, what: string): unknown =>
  isCommandRefused(error) || error instanceof EventStoreError ? error : classify(error, what);

const isNoResponders = ({ data, headers }: Msg): boolean => data.length === 0 && headers?.code === 503;

/** One timer that is set anew. */
class Deadline {
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly onPassed: () => void) {}

  in(ms: number): void {
    this.clear();
    this.#timer = setTimeout(this.onPassed, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** Answers calls for the clusters that an applier serves. */
export class NatsClusterAnswers implements ClusterAnswers {
  constructor(private readonly nc: NatsConnection) {}

  async serve(
    cluster: string,
    method: string,
    handler: (payload: unknown, signal: AbortSignal) => Promise<unknown>,
  ): Promise<() => Promise<void>> {
    const stopped = new AbortController();
    const subscription = this.nc.subscribe(`rpcs.cluster.${encodeToken(cluster)}.${method}`, {
      callback: (error, message) => {
        if (error) return;
        const sayWorking = (): unknown => !this.nc.isClosed() && message.respond(working);
        sayWorking();
        const saying = setInterval(sayWorking, sayWorkingMs);
        void respond(message, () => handler(message.json(), stopped.signal)).finally(() =>
          clearInterval(saying),
        );
      },
    });
    await this.nc.flush();
    return () => {
      stopped.abort();
      subscription.unsubscribe();
      return Promise.resolve();
    };
  }
}
