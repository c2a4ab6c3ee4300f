import { setTimeout as delay } from 'node:timers/promises';

import type { JetStreamClient, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import type { LogFilter, LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import { LogTail } from '../log-tail.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';
import { eventsStream } from '../streams.js';
import { matchesAny } from '../subject-match.js';
import { Appends } from './appends.js';
import { classify } from './classify.js';
import { ClusterHistory, type HistoryRoom } from './cluster-history.js';
import { HistoryConsumers, type OnSweep } from './history-consumer.js';
import { fromStored } from './messages.js';
import { allRestored } from './recorded-time.js';

/** For how long a node that is behind is waited for. */
const behindMs = 10_000;
const behindAgainMs = 20;
/** The cluster (an encoded name) that a subject belongs to. */
export const clusterOf = (subject: string): string => {
  const token = /^ev\.(?:plan|fleet|cluster)\.([^.]+)/.exec(subject)?.[1];
  if (token === undefined)
    throw new EventStoreError('log-forbidden', `${subject} belongs to no cluster`, subject);
  return token;
};

const notSeen = (): EventStoreError =>
  new EventStoreError('log-forbidden', 'an applier does not see the whole log');

/**
 * The log as an applier sees it: its clusters' subjects. It may get the last message of a subject; for a history it
 * rewinds the cluster's history consumer, which the hub made for it and which acknowledges nothing.
 */
export class AgentMessageLog implements MessageLog {
  readonly #consumers: HistoryConsumers;
  readonly #histories = new Map<string, ClusterHistory>();
  readonly appends: Appends;
  readonly #jsm: JetStreamManager;
  /** The last sequence of each subject that was written or delivered here. */
  readonly #seen = new Map<string, number>();
  /** What its live consumer shows of each cluster, which is all of it. */
  readonly #tails = new Map<string, LogTail>();

  constructor(
    { nc, js, jsm }: { nc: NatsConnection; js: JetStreamClient; jsm: JetStreamManager },
    private readonly room: HistoryRoom,
    onSweep?: OnSweep,
  ) {
    this.#jsm = jsm;
    this.appends = new Appends(js);
    this.#consumers = new HistoryConsumers(nc, js, onSweep);
  }

  /** What was kept of histories and appends; after a reconnect the server may hold another log. */
  forget(): void {
    this.#histories.clear();
    this.appends.forget();
  }

  /** What is shown of the cluster that a subject belongs to. */
  tailOf(subject: string): LogTail {
    const token = clusterOf(subject);
    const known = this.#tails.get(token);
    if (known) return known;
    const tail = new LogTail();
    this.#tails.set(token, tail);
    return tail;
  }

  /** A message that was seen: no reading of its subject may end before it. */
  remember({ subject, sequence }: Pick<LogMessage, 'subject' | 'sequence'>): void {
    if (sequence > (this.#seen.get(subject) ?? 0)) this.#seen.set(subject, sequence);
  }

  async append(message: NewMessage): Promise<AppendOutcome> {
    const outcome = await this.appends.append(message);
    if (outcome.status === 'appended') this.remember({ ...message, sequence: outcome.sequence });
    return outcome;
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    const stored = await this.#last(subject);
    return stored ? fromStored(stored, allRestored) : undefined;
  }

  /** Two messages back need no sweep: the last one's header names the one before it. */
  async read(subject: string, after: number): Promise<readonly LogMessage[]> {
    const stored = await this.#last(subject);
    if (!stored || stored.seq <= after) return [];
    const previous = stored.header.get('Nats-Expected-Last-Subject-Sequence');
    if (previous !== '' && Number(previous) === after) return [fromStored(stored, allRestored)];
    return this.#historyOf(clusterOf(subject)).read(subject, after, stored.seq);
  }

  /**
   * Any node answers, with what it has. One that is behind what was seen here is asked again: a decision to do nothing is
   * checked by no append.
   */
  async #last(subject: string): Promise<StoredMsg | null> {
    for (const deadline = performance.now() + behindMs; ;) {
      const stored = await this.#jsm.direct
        .getMessage(eventsStream, { last_by_subj: subject })
        .catch((error: unknown) => {
          throw classify(error, `read the last of ${subject}`);
        });
      if ((stored?.seq ?? 0) >= (this.#seen.get(subject) ?? 0)) return stored;
      if (performance.now() > deadline)
        throw new EventStoreError(
          'log-unreachable',
          `the node that answers is behind on ${subject}`,
          subject,
        );
      await delay(behindAgainMs, undefined, { ref: false });
    }
  }

  message(): Promise<never> {
    return Promise.reject(notSeen());
  }

  lastSequence(): Promise<never> {
    return Promise.reject(notSeen());
  }

  /** The subjects of one cluster, named in the filter, that hold a message. */
  async subjects(filter: string): Promise<readonly string[]> {
    const found = new Set<string>();
    for await (const { subject } of this.#matching(clusterOf(filter), { subjects: [filter] }))
      found.add(subject);
    return [...found].sort();
  }

  async *scan(filter: LogFilter): AsyncIterable<LogMessage> {
    for (const token of new Set((filter.subjects ?? []).map(clusterOf))) yield* this.#matching(token, filter);
  }

  async *scanInBatches(filter: LogFilter): AsyncIterable<readonly LogMessage[]> {
    for await (const message of this.scan(filter)) yield [message];
  }

  follow(): AsyncIterable<LogMessage> {
    throw new EventStoreError('log-forbidden', 'an applier follows its clusters by reactions');
  }

  #historyOf(token: string): ClusterHistory {
    const known = this.#histories.get(token);
    if (known) return known;
    const history = new ClusterHistory((after) => this.#consumers.sweep(token, after), this.room);
    this.#histories.set(token, history);
    return history;
  }

  async *#matching(token: string, filter: LogFilter): AsyncIterable<LogMessage> {
    for await (const message of this.#consumers.sweep(token, filter.afterSequence ?? 0))
      if (matchesAny(filter.subjects, message.subject)) yield message;
  }
}
