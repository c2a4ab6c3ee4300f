import { setTimeout as delay } from 'node:timers/promises';

import type { ConsumerInfo, ConsumerMessages, JetStreamClient, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';

import { EventStoreError } from '../event-store-error.js';
import type { HeardMessage } from '../heard-messages.js';
import type { LogTail } from '../log-tail.js';
import type { Delivery, DeliverySource } from '../reactions/delivery.js';
import { eventsStream } from '../streams.js';
import { classify } from './classify.js';
import type { ConnectionState } from './connection-state.js';
import { GatheredAcks } from './gathered-acks.js';
import { HeardDelivery } from './heard-delivery.js';

const batch = 200;
const startAttempts = 10;
const rewindAtMostEveryMs = 200;
/** A consumer whose node is gone answers nobody until another leads it. */
const rewindMs = 3_000;

/** A consumer by name, without asking for its configuration: across accounts there is no right to. */
export const boundConsumer = (js: JetStreamClient, name: string) =>
  js.consumers.getConsumerFromInfo({ name, stream_name: eventsStream, config: {} } as ConsumerInfo);

/**
 * Sets a consumer back to its first message that is not acknowledged, or to a sequence: what was delivered since then
 * comes again, in the order of the log, and its delivery sequence starts at 1. Gives how many messages are to come.
 */
export const rewindConsumer = async (
  nc: NatsConnection,
  name: string,
  sequence?: number,
): Promise<number> => {
  const body = sequence === undefined ? '' : JSON.stringify({ seq: sequence });
  const options = { timeout: rewindMs };
  const reply = await nc
    .request(`$JS.API.CONSUMER.RESET.${eventsStream}.${name}`, body, options)
    .catch((error: unknown) => {
      throw classify(error, `rewind ${name}`);
    });
  const info = reply.json<{ error?: { description: string }; num_pending?: number }>();
  if (!info.error) return info.num_pending ?? 0;
  throw new EventStoreError('log-failed', `${name} cannot be rewound: ${info.error.description}`, name);
};

/** What a source of deliveries needs of its connection. */
export type ConsumerLink = {
  readonly nc: NatsConnection;
  readonly js: JetStreamClient;
  readonly state: ConnectionState;
  /** Told of every message before whoever handles it. */
  readonly onDelivered?: (message: HeardMessage) => void;
};

/** What is shown every delivery; told where something may have been missed. */
export type Shown = Pick<LogTail, 'begin' | 'show' | 'end'>;

/**
 * The deliveries of one durable consumer in the order of the log. A delivery that was lost on its way would be made
 * again only after later ones; so its gap in the delivery sequence is noticed and the consumer rewound, as it is at
 * the start and after every reconnect. One process at a time may take deliveries.
 */
export class OrderedDeliveries {
  readonly #acks = new GatheredAcks();
  #expected = 1;
  #rewinding: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #messages: ConsumerMessages | undefined;
  #forget: () => void = () => undefined;

  constructor(
    private readonly link: ConsumerLink,
    private readonly name: string,
    private readonly deliver: (delivery: Delivery) => void,
    private readonly tail?: Shown,
  ) {}

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await rewindConsumer(this.link.nc, this.name);
        break;
      } catch (error) {
        if (attempt >= startAttempts) throw error;
        await delay(rewindAtMostEveryMs);
      }
    }
    // What was asked for over the connection before is answered to nobody, or dropped by the rewind: it is asked for anew.
    this.#forget = this.link.state.onReturn(() => void this.#messages?.close());
    await this.#consume();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.tail?.end();
    this.#acks.end();
    this.#forget();
    await this.#messages?.close();
  }

  async #consume(): Promise<void> {
    this.tail?.begin();
    const messages = await boundConsumer(this.link.js, this.name).consume({
      bind: true,
      max_messages: batch,
      idle_heartbeat: 5_000,
      callback: (delivered) => this.#take(delivered),
    });
    this.#messages = messages;
    void messages.closed().then(() => this.#consumeAgain());
  }

  async #consumeAgain(): Promise<void> {
    while (!this.#stopped) {
      await delay(rewindAtMostEveryMs);
      try {
        await rewindConsumer(this.link.nc, this.name);
        this.#expected = 1;
        await this.#consume();
        return;
      } catch {
        // The connection is away; the next attempt says whether it is back.
      }
    }
  }

  #take(delivered: JsMsg): void {
    if (this.#stopped) return;
    if (delivered.info.deliverySequence !== this.#expected) {
      this.rewind();
      return;
    }
    this.#expected += 1;
    const message = new HeardDelivery(delivered, this.link.state.restored);
    this.tail?.show(message);
    this.link.onDelivered?.(message);
    this.deliver({
      message,
      pending: delivered.info.pending,
      isRepeated: delivered.info.deliveryCount > 1,
      ack: () => this.#acks.add(() => delivered.ack()),
      working: () => delivered.working(),
    });
  }

  /**
   * Has everything delivered again that is not acknowledged. While that is under way, what does not fit is from before it, unless
   * the new sequence has begun.
   */
  rewind(): void {
    if (this.#rewinding) {
      this.#again ||= this.#expected > 1;
      return;
    }
    // What another process took meanwhile does not come again.
    this.tail?.begin();
    this.#rewinding = this.#rewindUntilDone().finally(() => {
      this.#rewinding = undefined;
      if (this.#again && !this.#stopped) this.rewind();
    });
  }

  async #rewindUntilDone(): Promise<void> {
    this.#acks.send();
    while (!this.#stopped) {
      this.#again = false;
      this.#expected = 1;
      const done = await rewindConsumer(this.link.nc, this.name).then(
        () => true,
        () => false,
      );
      await delay(rewindAtMostEveryMs, undefined, { ref: false });
      if (done) return;
    }
  }
}

/** A durable consumer's deliveries, in the order of the log over lost deliveries and reconnects. */
export const consumerSource = (link: ConsumerLink, name: string): DeliverySource => ({
  open: async (deliver) => {
    const deliveries = new OrderedDeliveries(link, name, deliver);
    await deliveries.start();
    return () => deliveries.stop();
  },
});
