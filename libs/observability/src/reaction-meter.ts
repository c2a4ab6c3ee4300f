import type { Logger } from './logging.js';
import type { Metrics } from './metrics.js';

type Standing = { readonly held: number; readonly pending: number; readonly oldestNs: bigint | undefined };

const seconds = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/** Shows how a service's reactions do: how far behind, how long, what failed, what is parked. */
export const reactionMeter = (metrics: Metrics, logger: Logger) => {
  const handled = metrics.histogram(
    'syncline_reaction_seconds',
    'How long a reaction took for one event.',
    seconds,
    ['reaction'],
  );
  return {
    handled: (reaction: string, took: number): void => handled.observe({ reaction }, took),
    working: lagOf(metrics),
    reactionFailed: (reaction: string, subject: string, attempt: number, err: unknown): void => {
      metrics.reactionFailures.inc({ reaction });
      const level = attempt === 1 ? 'warn' : 'debug';
      logger[level](
        { err, reaction, subject, attempt },
        `${reaction} could not handle an event; ${subject} waits, and it is tried again`,
      );
    },
    parked: (reaction: string, subjects: number): void => {
      metrics.parkedSubjects.set({ reaction }, subjects);
      if (subjects > 0)
        logger.warn(
          { reaction, subjects },
          `${reaction} has ${subjects} parked subjects; they wait for resume`,
        );
    },
  };
};

/** Messages in hand and to come, and the age of the oldest in hand, looked up when the metrics are read. */
const lagOf = (metrics: Metrics) => {
  const all = new Map<string, () => Standing>();
  const show = (name: string, help: string, valueOf: (standing: Standing) => number): void => {
    metrics.observed(name, help, ['reaction'], (gauge) => {
      gauge.reset();
      for (const [reaction, standing] of all) gauge.set({ reaction }, valueOf(standing()));
    });
  };
  show(
    'syncline_reaction_pending_messages',
    'Messages of the log that a reaction was not given yet, as of the last one that it was given.',
    ({ pending }) => pending,
  );
  show(
    'syncline_reaction_unacknowledged_messages',
    'Messages that a reaction has in hand: waiting behind others of their subject, or being handled.',
    ({ held }) => held,
  );
  show(
    'syncline_reaction_oldest_seconds',
    'Age of the oldest message that a reaction has in hand; 0 where it has none.',
    ({ oldestNs }) =>
      oldestNs === undefined ? 0 : Math.max(0, Date.now() - Number(oldestNs / 1_000_000n)) / 1000,
  );
  return (reaction: string, standing: () => Standing): (() => void) => {
    all.set(reaction, standing);
    return () => {
      if (all.get(reaction) === standing) all.delete(reaction);
    };
  };
};
