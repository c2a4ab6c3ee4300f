import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { createInbox, nanos, type Msg, type NatsConnection, type Subscription } from '@nats-io/nats-core';
import type { LogFilter, LogMessage } from '@syncline/kernel';

import { EventStoreError } from '../event-store-error.js';
import { eventsStream } from '../streams.js';
import type { ConnectionState } from './connection-state.js';
import { DeliveredMessage } from './delivered-message.js';
import type { RestoredPart } from './recorded-time.js';

/** How many messages are asked for at once, and how many may be on their way: what a slow reader makes the client hold. */
const asked = 2_000;
const mostAhead = 4_000;
const silenceMs = 10_000;
const forgottenAfterMs = 60_000;

type Reading = { readonly consumer: string; readonly messages: number };

/**
 * Every message that is in the log now, as many at once as have arrived: one subscription and a callback, because a
 * whole log is read this way and the client's iterators cost more than the messages. Throws where a delivery was lost or
 * nothing comes any more; whoever reads goes on after the last message.
 */
export class ReadAhead {
  #arrived: LogMessage[] = [];
  #received = 0;
  #requested = 0;
  #failure: Error | undefined;
  #wake: () => void = () => undefined;

  private constructor(
    private readonly nc: NatsConnection,
    private readonly reading: Reading,
    private readonly inbox: string,
    private readonly restored: RestoredPart,
  ) {}

  static async *read(
    state: ConnectionState,
    jsm: JetStreamManager,
    filter: LogFilter,
  ): AsyncIterable<readonly LogMessage[]> {
    const reading = await startReading(jsm, filter);
    if (reading.messages === 0) return;
    const { nc } = state;
    const inbox = createInbox();
    const ahead = new ReadAhead(nc, reading, inbox, state.restored);
    const callback = (error: Error | null, delivered: Msg): void => ahead.#take(error, delivered);
    const subscription = nc.subscribe(inbox, { callback });
    const forget = state.onReturn(() => ahead.#fail('the connection was away'));
    try {
      yield* ahead.#batches();
    } finally {
      forget();
      leave(nc, subscription);
      void jsm.consumers.delete(eventsStream, reading.consumer).catch(() => undefined);
    }
  }

  async *#batches(): AsyncIterable<readonly LogMessage[]> {
    const { messages } = this.reading;
    for (let given = 0; given < messages;) {
      this.#askForMore(given);
      if (this.#arrived.length === 0) await this.#arrival();
      const batch = this.#arrived;
      this.#arrived = [];
      given += batch.length;
      if (batch.length > 0) yield batch;
      else if (this.#failure) throw this.#failure;
    }
  }

  #askForMore(given: number): void {
    const { consumer, messages } = this.reading;
    while (this.#requested < messages && this.#requested - given <= mostAhead - asked) {
      const batch = Math.min(asked, messages - this.#requested);
      this.#requested += batch;
      const request = JSON.stringify({ batch, expires: nanos(silenceMs) });
      this.nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${eventsStream}.${consumer}`, request, {
        reply: this.inbox,
      });
    }
  }

  async #arrival(): Promise<void> {
    if (this.#failure) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#wake = () => resolve(undefined);
    const timer = setTimeout(() => this.#fail('nothing comes any more'), silenceMs);
    await promise;
    clearTimeout(timer);
  }

  /** What has no payload is a word of the server: a request that expired, a consumer that is gone. */
  #take(error: Error | null, delivered: Msg): void {
    const message = new DeliveredMessage(delivered, this.restored);
    if (error) this.#fail(error.message);
    else if (delivered.data.length === 0) this.#fail(delivered.headers?.description ?? 'an empty message');
    else if (message.deliverySequence !== this.#received + 1) this.#fail('a delivery was lost');
    else this.#keep(message);
  }

  #keep(message: LogMessage): void {
    this.#received += 1;
    this.#arrived.push(message);
    this.#wake();
  }

  #fail(reason: string): void {
    this.#failure ??= new EventStoreError('log-unreachable', `reading the log: ${reason}`, eventsStream);
    this.#wake();
  }
}

/** A subscription of a connection that has closed meanwhile is gone already. */
const leave = (nc: NatsConnection, subscription: Subscription): void => {
  if (!nc.isClosed()) subscription.unsubscribe();
};

const startReading = async (jsm: JetStreamManager, filter: LogFilter): Promise<Reading> => {
  const info = await jsm.consumers.add(eventsStream, {
    ...(filter.subjects && { filter_subjects: [...filter.subjects] }),
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: (filter.afterSequence ?? 0) + 1,
    inactive_threshold: nanos(forgottenAfterMs),
    mem_storage: true,
    num_replicas: 1,
  });
  return { consumer: info.name, messages: info.num_pending };
};
