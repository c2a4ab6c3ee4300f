import type { ConsumerInfo, ConsumerMessages, JetStreamClient } from '@nats-io/jetstream';

import type { DeliverySource } from '../reactions/delivery.js';
import { eventsStream } from '../streams.js';
import { fromDelivered } from './messages.js';

const batch = 200;

/** A consumer by name, without asking for its configuration: across accounts there is no right to. */
export const boundConsumer = (js: JetStreamClient, name: string) =>
  js.consumers.getConsumerFromInfo({ name, stream_name: eventsStream, config: {} } as ConsumerInfo);

/** The deliveries of a durable consumer. A connection that breaks is resumed by the client. */
export const consumerSource = (js: JetStreamClient, name: string): DeliverySource => ({
  open: async (deliver) => {
    const messages: ConsumerMessages = await boundConsumer(js, name).consume({
      bind: true,
      max_messages: batch,
      idle_heartbeat: 5_000,
      callback: (delivered) => {
        deliver({
          message: fromDelivered(delivered),
          ack: () => delivered.ack(),
          working: () => delivered.working(),
        });
      },
    });
    return async () => {
      await messages.close();
    };
  },
});
