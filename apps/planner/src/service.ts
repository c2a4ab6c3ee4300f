import { serviceAggregate } from '@syncline/domain';
import { subjects } from '@syncline/events';
import type { StoreMeter } from '@syncline/event-store';
import type { Aggregates } from '@syncline/kernel';
import type { Logger, Metrics } from '@syncline/observability';

import { planner } from './cause.js';
import type { Config } from './config.js';

const version = '0.1.0';

/** Says in the log that the planner started, with which version and configuration. */
export const recordStart = async (
  aggregates: Aggregates,
  { digest }: Pick<Config, 'digest'>,
): Promise<void> => {
  const data = { service: 'planner', version, configuration: digest };
  const cause = { actor: planner, correlationId: `start-planner-${digest.slice(0, 12)}` };
  await aggregates.decide(serviceAggregate, subjects.service('planner'), { type: 'start', data }, cause);
};

/** Shows what the log's adapter tells as metrics and log lines. */
export const storeMeter = (metrics: Metrics, logger: Logger): StoreMeter => ({
  appended: (seconds) => metrics.appendSeconds.observe(seconds),
  reactionFailed: (reaction, subject, attempt, err) => {
    metrics.reactionFailures.inc({ reaction });
    logger.warn(
      { err, reaction, subject, attempt },
      `${reaction} could not handle an event; it is tried again`,
    );
  },
  parked: (reaction, count) => metrics.parkedSubjects.set({ reaction }, count),
});
