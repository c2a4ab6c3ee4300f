import { randomUUID } from 'node:crypto';

import { serviceAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Aggregates } from '@syncline/kernel';
import { recipientOf } from '@syncline/sealing';

import type { Config } from './config.js';

/** This service's name on the log. */
export const serviceName = 'git-watcher';
/** On whose behalf it records what it sees. */
export const watcher = `service:${serviceName}`;

const version = '0.1.0';

/** Says in the log that git-watcher started, and to which key credentials are to be sealed. */
export const recordStart = async (
  aggregates: Aggregates,
  { digest, identity }: Pick<Config, 'digest' | 'identity'>,
): Promise<void> => {
  const recipient = await recipientOf(identity);
  const data = { service: serviceName, run: randomUUID(), version, configuration: digest, recipient };
  const cause = { actor: watcher, correlationId: `start-${serviceName}-${digest.slice(0, 12)}` };
  await aggregates.decide(serviceAggregate, subjects.service(serviceName), { type: 'start', data }, cause);
};
