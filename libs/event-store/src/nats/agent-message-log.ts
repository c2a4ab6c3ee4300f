import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { decodeToken } from '@syncline/events';
import type { LogFilter, LogMessage } from '@syncline/kernel';

import { historyConsumer } from '../accounts/subjects-of.js';
import { EventStoreError } from '../event-store-error.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';
import { eventsStream } from '../streams.js';
import { matchesAny } from '../subject-match.js';
import { classify } from './classify.js';
import { boundConsumer, rewindConsumer } from './consumer-source.js';
import { publishDecision } from './hub-message-log.js';
import { fromDelivered, fromStored } from './messages.js';

const clusterOf = (subject: string): string => {
  const token = /^ev\.(?:plan|fleet|cluster)\.([^.]+)/.exec(subject)?.[1];
  if (token === undefined)
    throw new EventStoreError('log-forbidden', `${subject} belongs to no cluster`, subject);
  return token;
};

/**
 * The log as an applier sees it: its clusters' subjects. It may get the last message of a subject; for a history it
 * rewinds the cluster's history consumer, which the hub made for it and which acknowledges nothing.
 */
export class AgentMessageLog implements MessageLog {
  /** One sweep at a time per cluster: they share the consumer. */
  readonly #sweeps = new Map<string, Promise<unknown>>();

  constructor(
    private readonly nc: NatsConnection,
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
  ) {}

  append(message: NewMessage): Promise<AppendOutcome> {
    return publishDecision(this.js, message);
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    try {
      const stored = await this.jsm.direct.getMessage(eventsStream, { last_by_subj: subject });
      return stored ? fromStored(stored) : undefined;
    } catch (error) {
      throw classify(error, `read the last of ${subject}`);
    }
  }

  /** Two messages back need no sweep: the last one's header names the one before it. */
  async read(subject: string, after: number): Promise<readonly LogMessage[]> {
    const stored = await this.jsm.direct
      .getMessage(eventsStream, { last_by_subj: subject })
      .catch((error: unknown) => {
        throw classify(error, `read ${subject}`);
      });
    if (!stored || stored.seq <= after) return [];
    const previous = stored.header.get('Nats-Expected-Last-Subject-Sequence');
    if (previous !== '' && Number(previous) === after) return [fromStored(stored)];
    return Array.fromAsync(this.#sweep(clusterOf(subject), { subjects: [subject], afterSequence: after }));
  }

  lastSequence(): Promise<number> {
    return Promise.reject(new EventStoreError('log-forbidden', 'an applier does not see the whole log'));
  }

  /** The subjects of one cluster, named in the filter, that hold a message. */
  async subjects(filter: string): Promise<readonly string[]> {
    const found = new Set<string>();
    for await (const message of this.#sweep(clusterOf(filter), { subjects: [filter] }))
      found.add(message.subject);
    return [...found].sort();
  }

  async *scan(filter: LogFilter): AsyncIterable<LogMessage> {
    for (const token of new Set((filter.subjects ?? []).map(clusterOf))) yield* this.#sweep(token, filter);
  }

  follow(): AsyncIterable<LogMessage> {
    throw new EventStoreError('log-forbidden', 'an applier follows its clusters by reactions');
  }

  async *#sweep(token: string, filter: LogFilter): AsyncIterable<LogMessage> {
    const before = this.#sweeps.get(token) ?? Promise.resolve();
    let done: () => void = () => undefined;
    const turn = new Promise<void>((resolve) => (done = resolve));
    this.#sweeps.set(
      token,
      before.then(() => turn),
    );
    await before;
    try {
      yield* this.#rewound(token, filter);
    } catch (error) {
      throw classify(error, `read the history of ${decodeToken(token)}`);
    } finally {
      done();
    }
  }

  async *#rewound(token: string, filter: LogFilter): AsyncIterable<LogMessage> {
    const name = historyConsumer(token);
    let pending = await rewindConsumer(this.nc, name, (filter.afterSequence ?? 0) + 1);
    while (pending > 0) {
      const batch = await boundConsumer(this.js, name).fetch({
        bind: true,
        max_messages: Math.min(pending, 500),
        expires: 5_000,
      });
      let received = 0;
      for await (const delivered of batch) {
        received += 1;
        pending = delivered.info.pending;
        if (matchesAny(filter.subjects, delivered.subject)) yield fromDelivered(delivered);
      }
      if (received === 0) throw new EventStoreError('log-unreachable', `${name} delivers nothing`, name);
    }
  }
}
