import { jetstreamManager } from '@nats-io/jetstream';

import { bootstrapStreams, defaultLimits, type StreamLimits } from '../streams.js';
import { classify } from './classify.js';
import { openConnection } from './connection.js';

/** Makes the log's streams where they are missing. `credentials` are those of the bootstrap user. */
export const bootstrapLog = async (
  servers: string,
  credentials: string,
  limits: Partial<StreamLimits> = {},
): Promise<void> => {
  const nc = await openConnection({ servers, credentials, name: 'bootstrap' });
  try {
    await bootstrapStreams(await jetstreamManager(nc), { ...defaultLimits, ...limits });
  } catch (error) {
    throw classify(error, 'make the streams of the log');
  } finally {
    await nc.close();
  }
};
