import type { JetStreamClient } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { decodeToken } from '@syncline/events';
import type { LogMessage } from '@syncline/kernel';

import { historyConsumer } from '../accounts/subjects-of.js';
import { EventStoreError } from '../event-store-error.js';
import { classify } from './classify.js';
import { boundConsumer, rewindConsumer } from './consumer-source.js';
import { fromDelivered } from './messages.js';
import { allRestored } from './recorded-time.js';

const batch = 1_000;

/** Told of each sweep through a cluster's history: how many messages it read. */
export type OnSweep = (cluster: string, messages: number) => void;

/** Reads the history of clusters through their history consumers, which acknowledge nothing; one sweep at a time each. */
export class HistoryConsumers {
  /** Per cluster, the end of the sweep that comes last. */
  readonly #turns = new Map<string, Promise<undefined>>();

  constructor(
    private readonly nc: NatsConnection,
    private readonly js: JetStreamClient,
    private readonly onSweep: OnSweep = () => undefined,
  ) {}

  /** Every message of a cluster (an encoded token) after a sequence, in order. */
  async *sweep(token: string, after: number): AsyncIterable<LogMessage> {
    const before = this.#turns.get(token);
    const { promise: ended, resolve: end } = Promise.withResolvers<undefined>();
    this.#turns.set(token, ended);
    await before;
    let messages = 0;
    try {
      for await (const message of this.#rewound(historyConsumer(token), after)) {
        messages += 1;
        yield message;
      }
    } catch (error) {
      throw classify(error, `read the history of ${decodeToken(token)}`);
    } finally {
      if (this.#turns.get(token) === ended) this.#turns.delete(token);
      this.onSweep(decodeToken(token), messages);
      end(undefined);
    }
  }

  /** A message that was lost on its way, or that another process took, breaks the sweep: no history has holes. */
  async *#rewound(name: string, after: number): AsyncIterable<LogMessage> {
    let pending = await rewindConsumer(this.nc, name, after + 1);
    let received = 0;
    while (pending > 0) {
      const before = received;
      const max_messages = Math.min(pending, batch);
      const fetched = await boundConsumer(this.js, name).fetch({ bind: true, max_messages, expires: 5_000 });
      for await (const delivered of fetched) {
        received += 1;
        if (delivered.info.deliverySequence !== received)
          throw new EventStoreError('log-unreachable', `${name} was read by two at once`, name);
        pending = delivered.info.pending;
        yield fromDelivered(delivered, allRestored);
      }
      if (received === before) throw new EventStoreError('log-unreachable', `${name} delivers nothing`, name);
    }
  }
}
