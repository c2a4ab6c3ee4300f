import { setTimeout as delay } from 'node:timers/promises';

import {
  DeliverPolicy,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
import type { LogFilter, LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import type { LogTail } from '../log-tail.js';
import type { AppendOutcome, MessageLog, NewMessage } from '../message-log.js';
import { eventsStream } from '../streams.js';
import { Appends } from './appends.js';
import { classify } from './classify.js';
import type { ConnectionState } from './connection-state.js';
import { CurrentReads } from './current-reads.js';
import { fromDelivered } from './messages.js';
import { ReadAhead } from './read-ahead.js';
import { readSubject } from './read-subject.js';

const onAgainMs = 200;
/** For how long a node that does not have all of the stream yet is waited for. */
const behindMs = 10_000;
const behindAgainMs = 20;
/** Its node may end without a word; that is noticed after two of these. */
const followHeartbeatMs = 2_000;

/** Ends what a consumer delivers once its node says nothing any more; the client alone may wait for another in vain. */
const stopAtSilence = async (messages: ConsumerMessages): Promise<void> => {
  for await (const { type } of messages.status()) if (type === 'heartbeats_missed') void messages.close();
};

/** The log as the hub's services see it: all of it. */
export class HubMessageLog implements MessageLog {
  readonly appends: Appends;

  constructor(
    private readonly js: JetStreamClient,
    private readonly jsm: JetStreamManager,
    private readonly state: ConnectionState,
    private readonly reads: CurrentReads,
  ) {
    this.appends = new Appends(js);
    state.onReturn(() => this.appends.forget());
  }

  append(message: NewMessage): Promise<AppendOutcome> {
    return this.appends.append(message);
  }

  async read(subject: string, after: number): Promise<readonly LogMessage[]> {
    try {
      if (!(await this.reads.isReplicated(eventsStream)))
        return await readSubject(this.jsm, subject, after, this.state.restored);
      const last = await this.reads.find(eventsStream, { last_by_subj: subject });
      return await this.#readUpTo(subject, after, last?.sequence ?? 0);
    } catch (error) {
      throw classify(error, `read ${subject}`);
    }
  }

  async last(subject: string): Promise<LogMessage | undefined> {
    try {
      return await this.reads.find(eventsStream, { last_by_subj: subject });
    } catch (error) {
      throw classify(error, `read the last of ${subject}`);
    }
  }

  async message(sequence: number): Promise<LogMessage | undefined> {
    try {
      return await this.reads.find(eventsStream, { seq: sequence });
    } catch (error) {
      throw classify(error, `read message ${sequence}`);
    }
  }

  async lastSequence(): Promise<number> {
    try {
      return (await this.jsm.streams.info(eventsStream)).state.last_seq;
    } catch (error) {
      throw classify(error, 'read the state of the log');
    }
  }

  async subjects(filter: string): Promise<readonly string[]> {
    try {
      const info = await this.jsm.streams.info(eventsStream, { subjects_filter: filter });
      return Object.keys(info.state.subjects ?? {}).sort();
    } catch (error) {
      throw classify(error, `list the subjects of ${filter}`);
    }
  }

  /** Asks again where a node answers that does not have the last one yet. */
  async #readUpTo(subject: string, after: number, last: number): Promise<readonly LogMessage[]> {
    if (last <= after) return [];
    const messages: LogMessage[] = [];
    for (const deadline = performance.now() + behindMs; ;) {
      messages.push(
        ...(await readSubject(this.jsm, subject, messages.at(-1)?.sequence ?? after, this.state.restored)),
      );
      if ((messages.at(-1)?.sequence ?? after) >= last) return messages;
      if (performance.now() > deadline)
        throw new EventStoreError('log-unreachable', `no node that answers has all of ${subject}`, subject);
      await delay(behindAgainMs, undefined, { ref: false });
    }
  }

  async *scan(filter: LogFilter): AsyncIterable<LogMessage> {
    for await (const messages of this.scanInBatches(filter)) yield* messages;
  }

  /** Up to the last message that is there at the beginning, over connections that break in between. */
  async *scanInBatches(filter: LogFilter): AsyncIterable<readonly LogMessage[]> {
    const until = await this.lastSequence();
    let after = filter.afterSequence ?? 0;
    while (after < until) {
      try {
        for await (const messages of ReadAhead.read(this.state, this.jsm, {
          ...filter,
          afterSequence: after,
        })) {
          yield messages;
          after = messages.at(-1)?.sequence ?? after;
        }
        return;
      } catch (error) {
        const failure = classify(error, 'scan the log');
        if (!failure.retryable) throw failure;
        await delay(onAgainMs, undefined, { ref: false });
      }
    }
  }

  /** Goes on after the last message with another consumer, where one ends or the connection was away. */
  async *follow(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogMessage> {
    let after = filter.afterSequence ?? 0;
    while (!signal.aborted) {
      try {
        for await (const message of this.#once({ ...filter, afterSequence: after }, signal)) {
          yield message;
          after = message.sequence;
        }
      } catch (error) {
        const failure = classify(error, 'follow the log');
        if (!failure.retryable) throw failure;
      }
      await delay(onAgainMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Shows a tail every message from now on, by its headers alone; where the connection breaks, from then on. */
  async showTo(tail: LogTail, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const afterSequence = await this.lastSequence();
        tail.begin(afterSequence);
        for await (const message of this.#once({ afterSequence }, signal, true)) tail.show(message);
      } catch {
        // What is loaded meanwhile is asked of the log, whose errors are told where that is done.
      }
      tail.end();
      await delay(onAgainMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** The server forgets an ordered consumer when it ends, and its client would notice that only after half a minute. */
  async *#once(filter: LogFilter, signal: AbortSignal, headersOnly = false): AsyncIterable<LogMessage> {
    const messages = await (
      await this.#ordered(filter, headersOnly)
    ).consume({
      max_messages: 1_000,
      idle_heartbeat: followHeartbeatMs,
    });
    const stop = (): void => void messages.close();
    const forget = this.state.onReturn(stop);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    void stopAtSilence(messages);
    try {
      for await (const delivered of messages) yield fromDelivered(delivered, this.state.restored);
    } finally {
      forget();
      signal.removeEventListener('abort', stop);
      await messages.close();
    }
  }

  #ordered(filter: LogFilter, headersOnly: boolean) {
    return this.js.consumers.get(eventsStream, {
      headers_only: headersOnly,
      ...(filter.subjects && { filter_subjects: [...filter.subjects] }),
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: (filter.afterSequence ?? 0) + 1,
    });
  }
}
