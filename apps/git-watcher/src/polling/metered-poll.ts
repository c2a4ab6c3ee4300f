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
  const reach = reachOf(metrics, logger);
  return {
    poll: inContext(async (repository, signal) => {
      const began = performance.now();
      reach.begin(repository);
      const polled = await poll.run(repository, signal);
      seconds.observe((performance.now() - began) / 1000);
      polls.inc({ outcome: polled.outcome });
      reach.note(repository, polled.outcome);
      logger.debug({ repository, outcome: polled.outcome }, `polled ${repository}`);
      return polled;
    }),
    onError: (repository, err) => {
      polls.inc({ outcome: 'errored' });
      logger.error({ err, repository }, `${repository} could not be polled; it is tried again`);
    },
  };
};

/** Which repositories are reached, and one line where that changes. */
const reachOf = (metrics: Metrics, logger: Logger) => {
  const failing = metrics.gauge('syncline_git_repositories_failing', 'Repositories whose last poll failed.');
  const failed = new Set<string>();
  const reached = new Map<string, number>();
  metrics.observed(
    'syncline_git_poll_age_seconds',
    'Time since the last poll that reached the repository, since the first where there was none.',
    ['repository'],
    (gauge) => {
      gauge.reset();
      for (const [repository, at] of reached) gauge.set({ repository }, (performance.now() - at) / 1000);
    },
  );
  const fail = (repository: string): void => {
    if (!failed.has(repository))
      logger.warn(
        { repository },
        `waiting for ${repository}: it cannot be reached; asked again with growing pauses`,
      );
    failed.add(repository);
  };
  const succeed = (repository: string): void => {
    if (failed.delete(repository)) logger.info({ repository }, `${repository} is reached again`);
    reached.set(repository, performance.now());
  };
  return {
    begin: (repository: string): void => {
      if (!reached.has(repository)) reached.set(repository, performance.now());
    },
    note: (repository: string, outcome: Polled['outcome']): void => {
      if (outcome === 'failed') fail(repository);
      else succeed(repository);
      if (outcome === 'unregistered') reached.delete(repository);
      failing.set(failed.size);
    },
  };
};
