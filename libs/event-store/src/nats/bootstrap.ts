import { setTimeout as delay } from 'node:timers/promises';

import { JetStreamApiError, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';

import { bootstrapStreams, defaultSettings, type StreamSettings } from '../streams.js';
import { classify, isUncertain } from './classify.js';
import { openConnection } from './connection.js';

/** Nodes that have just started choose who decides where streams lie, and hear of each other's room for them. */
const settleMs = 60_000;
const againMs = 250;
/** No leader yet; too few nodes known yet; not enough of them with room, for the same reason. */
const unsettled = new Set([10005, 10008, 10009, 10023]);

const isUnsettled = (error: unknown): boolean =>
  isUncertain(error) || (error instanceof JetStreamApiError && unsettled.has(error.code));

const makeStreams = async (nc: NatsConnection, settings: StreamSettings): Promise<void> => {
  for (const deadline = performance.now() + settleMs; ;) {
    try {
      await bootstrapStreams(await jetstreamManager(nc), settings);
      return;
    } catch (error) {
      if (settings.replicas === 1 || !isUnsettled(error) || performance.now() > deadline) throw error;
      await delay(againMs);
    }
  }
};

/**
 * Makes the log's streams where they are missing; waits for nodes that do not know each other yet. `credentials` are those
 * of the bootstrap user.
 */
export const bootstrapLog = async (
  servers: string,
  credentials: string,
  settings: Partial<StreamSettings> = {},
): Promise<void> => {
  const nc = await openConnection({ servers, credentials, name: 'bootstrap' });
  try {
    await makeStreams(nc, { ...defaultSettings, ...settings });
  } catch (error) {
    throw classify(error, 'make the streams of the log');
  } finally {
    await nc.close();
  }
};
