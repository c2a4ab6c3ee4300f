import { randomUUID } from 'node:crypto';

import { withLogContext, type Logger, type Metrics } from '@syncline/observability';

import type { ScheduleOptions } from '../polling/poll-schedule.js';
import type { ArtifactPoll } from './artifact-poll.js';

/** Looks at artifacts with numbers and log lines of what they came to. */
export const meteredArtifacts = (
  poll: ArtifactPoll,
  metrics: Metrics,
  logger: Logger,
): Pick<ScheduleOptions, 'poll' | 'onError'> => {
  const polls = metrics.counter(
    'syncline_artifact_polls_total',
    'Looks at charts and artifacts that applications name, by what they came to.',
    ['outcome'],
  );
  const failing = metrics.gauge(
    'syncline_artifacts_failing',
    'Charts and artifacts that could not be had at the last look.',
  );
  const failed = new Set<string>();
  const note = (key: string, outcome: string): void => {
    const [repository, artifact] = JSON.parse(key) as [string, string];
    if (outcome === 'failed' && !failed.has(key))
      logger.warn({ repository, artifact }, `waiting for an artifact of ${repository}: it cannot be had`);
    if (outcome === 'failed') failed.add(key);
    else if (failed.delete(key)) logger.info({ repository, artifact }, 'the artifact can be had again');
    failing.set(failed.size);
  };
  return {
    poll: (key, signal) =>
      withLogContext({ correlationId: `artifact:${randomUUID()}` }, async () => {
        const polled = await poll.run(key, signal);
        polls.inc({ outcome: polled.outcome });
        note(key, polled.outcome);
        return polled;
      }),
    onError: (key, err) => {
      polls.inc({ outcome: 'errored' });
      logger.error({ err, key }, 'an artifact could not be looked at; it is tried again');
    },
  };
};
