import type { Logger } from './logging.js';
import type { Metrics } from './metrics.js';

/** Shows what the log's adapter tells as metrics and log lines. */
export const storeMeter = (metrics: Metrics, logger: Logger) => ({
  appended: (seconds: number): void => metrics.appendSeconds.observe(seconds),
  reactionFailed: (reaction: string, subject: string, attempt: number, err: unknown): void => {
    metrics.reactionFailures.inc({ reaction });
    logger.warn(
      { err, reaction, subject, attempt },
      `${reaction} could not handle an event; it is tried again`,
    );
  },
  parked: (reaction: string, subjects: number): void => metrics.parkedSubjects.set({ reaction }, subjects),
});
