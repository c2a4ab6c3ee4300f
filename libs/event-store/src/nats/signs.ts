import type { NatsConnection } from '@nats-io/nats-core';
import { decodeToken, encodeToken } from '@syncline/events';
import type { SignsOfLife } from '@syncline/kernel';

import type { ConnectionState } from './connection-state.js';

/** Signs of life on `live.cluster.<cluster>.here`, which an agent may publish for its own cluster alone. */
export const natsSigns = (nc: NatsConnection, state: ConnectionState): SignsOfLife => ({
  say: (cluster) => {
    // While the connection is away the client would keep them, and tell of a time that is over.
    if (state.connected) nc.publish(`live.cluster.${encodeToken(cluster)}.here`);
  },
  hear: (onSign) => {
    const subscription = nc.subscribe('live.cluster.*.here', {
      callback: (error, { subject }) => {
        if (!error) onSign(decodeToken(subject.split('.')[2] ?? ''));
      },
    });
    return () => subscription.unsubscribe();
  },
});
