import type { JetStreamManager } from '@nats-io/jetstream';
import { errors } from '@nats-io/nats-core';
import type { LogMessage } from '@syncline/kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

import { EventStoreError } from '../event-store-error.js';
import { isUncertain } from './classify.js';
import type { ConnectionState } from './connection-state.js';
import { fromStored, nanosecondsOf, logMessage } from './messages.js';
import { restoredNs } from './recorded-time.js';

/** A leader that is gone answers nobody, and the next one does not know what was asked of it. */
const answerMs = 1_000;
/** Longer than nodes need to agree on the next leader, which is nine seconds at most. */
const electionMs = 12_000;
const againMs = 50;

const answer = z.object({
  message: z
    .object({
      subject: z.string(),
      seq: z.int(),
      hdrs: z.base64().default(''),
      data: z.base64().default(''),
      time: z.string(),
    })
    .optional(),
  error: z.object({ code: z.int(), err_code: z.int(), description: z.string() }).optional(),
});

/** Headers as the server hands them out here: a text in base64 (NATS/1.0 and lines of name and value). */
const headersOf = (base64: string): { readonly get: (name: string) => string } => {
  const lines = Buffer.from(base64, 'base64').toString('utf8').split('\r\n').slice(1);
  return {
    get: (name) =>
      lines
        .find((line) => line.startsWith(`${name}:`))
        ?.slice(name.length + 1)
        .trim() ?? '',
  };
};

/** Which message: the last of a subject, or that of a sequence. */
export type MessageQuery = { readonly last_by_subj: string } | { readonly seq: number };

/**
 * Single messages as the log has them now. Where it lies on one node, that is a direct get. Of several nodes each answers
 * direct gets with what it has of the stream, and one that came back may miss a tenth; so there the stream's leader is
 * asked, which has everything that was acknowledged.
 */
export class CurrentReads {
  #isReplicated: Promise<boolean> | undefined;

  constructor(
    private readonly jsm: JetStreamManager,
    private readonly state: ConnectionState,
  ) {
    state.onReturn(() => (this.#isReplicated = undefined));
  }

  /** Whether the stream lies on several nodes; asked once for each connection. */
  isReplicated(stream: string): Promise<boolean> {
    return (this.#isReplicated ??= this.#ask(stream));
  }

  /** The message, or nothing where there is none. */
  async find(stream: string, query: MessageQuery): Promise<LogMessage | undefined> {
    if (await this.isReplicated(stream)) return this.#fromLeader(stream, query);
    const stored = await this.jsm.direct.getMessage(stream, query);
    return stored ? fromStored(stored, this.state.restored) : undefined;
  }

  async #ask(stream: string): Promise<boolean> {
    try {
      return (await this.jsm.streams.info(stream)).config.num_replicas > 1;
    } catch (error) {
      this.#isReplicated = undefined;
      throw error;
    }
  }

  async #fromLeader(stream: string, query: MessageQuery): Promise<LogMessage | undefined> {
    for (const deadline = performance.now() + electionMs; ;) {
      try {
        return await this.#askLeader(stream, query);
      } catch (error) {
        const isAway = this.state.nc.isClosed() || performance.now() > deadline;
        if (isAway || !isUncertain(error)) throw error;
        if (!(error instanceof errors.TimeoutError)) await delay(againMs);
      }
    }
  }

  async #askLeader(stream: string, query: MessageQuery): Promise<LogMessage | undefined> {
    const subject = `$JS.API.STREAM.MSG.GET.${stream}`;
    const reply = await this.state.nc.request(subject, JSON.stringify(query), { timeout: answerMs });
    const { message, error } = answer.parse(reply.json());
    if (message) {
      const ns = restoredNs(message.seq, headersOf(message.hdrs), this.state.restored);
      return logMessage(
        message.seq,
        message.subject,
        ns === undefined ? nanosecondsOf(message.time) : BigInt(ns),
        Buffer.from(message.data, 'base64'),
      );
    }
    if (error?.code === 404) return undefined;
    const code = error?.code === 503 ? 'log-unreachable' : 'log-failed';
    throw new EventStoreError(
      code,
      `reading from ${stream}: ${error?.description ?? 'an empty answer'}`,
      stream,
    );
  }
}
