import { withLogContext } from './log-context.js';
import type { Logger } from './logging.js';
import type { Metrics } from './metrics.js';
import { aggregateMeter } from './aggregate-meter.js';
import { reactionMeter } from './reaction-meter.js';

/** From this share of its size limit on a log asks for more room, long before it refuses anything. */
const fillsFrom = 0.7;

/** Shows what the log's adapter tells as metrics and log lines. */
export const storeMeter = (metrics: Metrics, logger: Logger) => {
  const histories = metrics.counter(
    'syncline_history_messages_total',
    "Messages of a cluster's history that an applier read from the log.",
    ['cluster'],
  );
  const sweeps = metrics.counter(
    'syncline_history_reads_total',
    "Times that an applier read from a cluster's history.",
    ['cluster'],
  );
  return {
    ...reactionMeter(metrics, logger),
    within: withLogContext,
    connected: connectionLines(metrics, logger),
    ...aggregateMeter(metrics),
    historyRead: (cluster: string, messages: number): void => {
      histories.inc({ cluster }, messages);
      sweeps.inc({ cluster });
    },
    bounded: bounds(metrics),
    halted: ({ message }: Error): void => logger.fatal(message),
    logFilled: (share: number): void => {
      metrics.logFilled.set(share);
      if (share >= fillsFrom)
        logger.warn(
          `${Math.floor(share * 100)} % of the log's space are used; past 80 % nothing new is begun`,
        );
    },
  };
};

/** How much there is of what is bounded, beside how much there may be. */
const bounds = (metrics: Metrics) => {
  const all = new Map<string, () => number>();
  const limits = metrics.gauge('syncline_limit', 'How many there may be of what is bounded.', ['of']);
  metrics.observed('syncline_limited', 'How many there are of what is bounded.', ['of'], (gauge) => {
    for (const [of, count] of all) gauge.set({ of }, count());
  });
  return (what: string, limit: number, count: () => number): void => {
    all.set(what, count);
    limits.set({ of: what }, limit);
  };
};

/** One line where the wait for nats-server begins, and one where it ends. */
const connectionLines = (metrics: Metrics, logger: Logger) => {
  const connected = metrics.gauge('syncline_log_connected', 'Whether nats-server answers: 1 or 0.');
  connected.set(1);
  let since: number | undefined;
  return (isConnected: boolean, servers: string): void => {
    connected.set(isConnected ? 1 : 0);
    if (!isConnected && since === undefined) {
      since = performance.now();
      logger.warn({ waitingFor: servers }, `nats-server at ${servers} does not answer; waiting for it`);
    }
    if (!isConnected || since === undefined) return;
    const seconds = (performance.now() - since) / 1000;
    since = undefined;
    logger.info({ waitedSeconds: seconds }, `nats-server at ${servers} answers after ${seconds} s`);
  };
};
