import type { Logger, Metrics } from '@syncline/observability';

import type { ScheduleOptions } from './poll-schedule.js';
import type { RepositoryPoll } from './repository-poll.js';

/** Polls with numbers and log lines of what they came to. */
export const meteredPoll = (
  poll: RepositoryPoll,
  metrics: Metrics,
  logger: Logger,
): Pick<ScheduleOptions, 'poll' | 'onError'> => {
  const polls = metrics.counter('syncline_git_polls_total', 'Polls of repositories, by what they came to.', [
    'outcome',
  ]);
  const seconds = metrics.counter(
    'syncline_git_poll_seconds_total',
    'How long polls of repositories took together.',
  );
  const failing = metrics.gauge('syncline_git_repositories_failing', 'Repositories whose last poll failed.');
  const failed = new Set<string>();
  return {
    poll: async (repository, signal) => {
      const began = performance.now();
      const polled = await poll.run(repository, signal);
      seconds.inc((performance.now() - began) / 1000);
      polls.inc({ outcome: polled.outcome });
      if (polled.outcome === 'failed') failed.add(repository);
      else failed.delete(repository);
      failing.set(failed.size);
      logger.debug({ repository, outcome: polled.outcome }, `polled ${repository}`);
      return polled;
    },
    onError: (repository, err) => {
      polls.inc({ outcome: 'errored' });
      logger.error({ err, repository }, `${repository} could not be polled; it is tried again`);
    },
  };
};
