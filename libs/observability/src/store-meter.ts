import type { Logger } from './logging.js';
import type { Metrics } from './metrics.js';

/** From this share of its size limit on a log asks for more room, long before it refuses anything. */
const fillsFrom = 0.7;

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
  logFilled: (share: number): void => {
    metrics.logFilled.set(share);
    if (share >= fillsFrom)
      logger.warn(`${Math.floor(share * 100)} % of the log's space are used; past 80 % nothing new is begun`);
  },
});
