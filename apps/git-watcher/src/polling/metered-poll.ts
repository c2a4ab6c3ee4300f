import { randomUUID } from 'node:crypto';

import { withLogContext, type Logger, type Metrics } from '@syncline/observability';

import type { Polled, ScheduleOptions } from './poll-schedule.js';
import type { RepositoryPoll } from './repository-poll.js';

const buckets = [0.02, 0.1, 0.5, 2, 10, 60];

/** Each poll's log lines belong to that poll. */
const inContext =
  (poll: ScheduleOptions['poll']): ScheduleOptions['poll'] =>
  (repository, signal) =>
    withLogContext({ correlationId: `poll:${randomUUID()}` }, () => poll(repository, signal));

/** Polls with numbers and log lines of what they came to. */
export const meteredPoll = (
  poll: RepositoryPoll,
  metrics: Metrics,
  logger: Logger,
): Pick<ScheduleOptions, 'poll' | 'onError'> => {
  const polls = metrics.counter('syncline_git_polls_total', 'Polls of repositories, by what they came to.', [
    'outcome',
  ]);
  const seconds = metrics.histogram(
    'syncline_git_poll_seconds',
    'How long polls of repositories took.',
    buckets,
  );
  const failing = metrics.gauge('syncline_git_repositories_failing', 'Repositories whose last poll failed.');
  const failed = new Set<string>();
  const reached = new Map<string, number>();
  metrics.observed(
    'syncline_git_poll_age_seconds',
    'Time since the last poll that reached the repository, since the start where there was none.',
    ['repository'],
    (gauge) => {
      gauge.reset();
      for (const [repository, at] of reached) gauge.set({ repository }, (Date.now() - at) / 1000);
    },
  );
  const note = (repository: string, outcome: Polled['outcome']): void => {
    if (outcome === 'unregistered') reached.delete(repository);
    else if (outcome !== 'failed') reached.set(repository, Date.now());
    if (outcome === 'failed' && !failed.has(repository))
      logger.warn({ repository }, `${repository} cannot be reached; waiting for it with growing pauses`);
    if (outcome !== 'failed' && failed.has(repository))
      logger.info({ repository }, `${repository} is reached again`);
    if (outcome === 'failed') failed.add(repository);
    else failed.delete(repository);
    failing.set(failed.size);
  };
  return {
    poll: inContext(async (repository, signal) => {
      const began = performance.now();
      if (!reached.has(repository)) reached.set(repository, Date.now());
      const polled = await poll.run(repository, signal);
      seconds.observe((performance.now() - began) / 1000);
      polls.inc({ outcome: polled.outcome });
      note(repository, polled.outcome);
      logger.debug({ repository, outcome: polled.outcome }, `polled ${repository}`);
      return polled;
    }),
    onError: (repository, err) => {
      polls.inc({ outcome: 'errored' });
      logger.error({ err, repository }, `${repository} could not be polled; it is tried again`);
    },
  };
};
