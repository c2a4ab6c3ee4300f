import { randomUUID } from 'node:crypto';

import { serviceAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { Aggregates } from '@syncline/kernel';

import { planner } from './cause.js';
import type { Config } from './config.js';

const version = '0.1.0';

/** Says in the log that the planner started, with which version and configuration. */
export const recordStart = async (
  aggregates: Aggregates,
  { digest }: Pick<Config, 'digest'>,
): Promise<void> => {
  const data = { service: 'planner', run: randomUUID(), version, configuration: digest };
  const cause = { actor: planner, correlationId: `start-planner-${digest.slice(0, 12)}` };
  await aggregates.decide(serviceAggregate, subjects.service('planner'), { type: 'start', data }, cause);
};
