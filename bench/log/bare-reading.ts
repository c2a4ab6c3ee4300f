import { jetstreamManager } from '@nats-io/jetstream';
import { createInbox, type Msg, type NatsConnection } from '@nats-io/nats-core';

const batch = 5_000;

/**
 * The floor of reading a log: every message of the stream through the bare client library, and JSON.parse. Gives the
 * number of events.
 */
export const readBare = async (nc: NatsConnection): Promise<number> => {
  const jsm = await jetstreamManager(nc, { checkAPI: false });
  const info = await jsm.consumers.add('EVENTS', {
    ack_policy: 'none',
    deliver_policy: 'all',
    mem_storage: true,
  });
  const inbox = createInbox();
  const { promise: done, resolve, reject } = Promise.withResolvers<undefined>();
  const utf8 = new TextDecoder();
  let [received, events] = [0, 0];
  const ask = (): void =>
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.EVENTS.${info.name}`, JSON.stringify({ batch }), { reply: inbox });
  const take = (error: Error | null, { data }: Msg): void => {
    if (error) {
      reject(error);
      return;
    }
    events += (JSON.parse(utf8.decode(data)) as unknown[]).length;
    received += 1;
    if (received === info.num_pending) resolve(undefined);
    else if (received % batch === batch / 2) ask();
  };
  const subscription = nc.subscribe(inbox, { callback: take });
  ask();
  await done;
  subscription.unsubscribe();
  await jsm.consumers.delete('EVENTS', info.name);
  return events;
};
