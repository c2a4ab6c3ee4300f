import { JetStreamApiError, type ConsumerConfig, type JetStreamManager } from '@nats-io/jetstream';

import { eventsStream } from '../streams.js';
import { classify } from './classify.js';

const consumerNotFound = 10014;

/** Makes a durable consumer, or gives the one that is there the subjects that it shall listen to now. */
export const ensureConsumer = async (
  jsm: JetStreamManager,
  config: Partial<ConsumerConfig> & { readonly name: string; readonly filter_subjects: string[] },
): Promise<void> => {
  try {
    const info = await jsm.consumers.info(eventsStream, config.name);
    const listens = [info.config.filter_subject ?? [], info.config.filter_subjects ?? []].flat().sort();
    if (listens.join() === [...config.filter_subjects].sort().join()) return;
    await jsm.consumers.update(eventsStream, config.name, { filter_subjects: config.filter_subjects });
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== consumerNotFound)
      throw classify(error, `make consumer ${config.name}`);
    await jsm.consumers.add(eventsStream, config).catch((cause: unknown) => {
      throw classify(cause, `make consumer ${config.name}`);
    });
  }
};

/** Takes a consumer away; one that is not there is none. */
export const dropConsumer = async (jsm: JetStreamManager, name: string): Promise<void> => {
  await jsm.consumers.delete(eventsStream, name).catch((error: unknown) => {
    if (error instanceof JetStreamApiError && error.code === consumerNotFound) return;
    throw classify(error, `remove consumer ${name}`);
  });
};
