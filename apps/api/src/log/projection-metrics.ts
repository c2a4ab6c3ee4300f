import type { Hub } from '@syncline/event-store';
import type { Metrics } from '@syncline/observability';
import type { Projector, ProjectorReport } from '@syncline/read-models';

import type { RequestLog } from '../requests/log.js';

/** While the views are made anew, it is said this often how far that is. */
const sayEveryMs = 5_000;

/** Shows in metrics how far the views are, whenever somebody asks: the log is asked for its end, where it answers. */
export const observeStanding = (
  metrics: Metrics,
  hub: Pick<Hub, 'missing' | 'log'>,
  projector: Pick<Projector, 'sequence'>,
): void => {
  metrics.observed(
    'syncline_projected_sequence',
    'Sequence of the last message whose rows are committed.',
    [],
    (gauge) => gauge.set(projector.sequence),
  );
  metrics.observed(
    'syncline_projection_lag_messages',
    'Messages of the log that the views do not hold yet.',
    [],
    async (gauge) => {
      const last = await lastOf(hub);
      if (last !== undefined) gauge.set(Math.max(0, last - projector.sequence));
    },
  );
};

/** The sequence of the log's last message; undefined where the log does not answer. */
export const lastOf = async ({ missing, log }: Pick<Hub, 'missing' | 'log'>): Promise<number | undefined> =>
  missing().length > 0 ? undefined : log.lastSequence().catch(() => undefined);

/** Shows in metrics and logs what the projector does. */
export class ProjectionMetrics implements ProjectorReport {
  readonly #messages;
  readonly #aside;
  readonly #failures;
  #awaySince: number | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(
    metrics: Metrics,
    private readonly log: RequestLog,
  ) {
    this.#messages = metrics.counter(
      'syncline_projected_messages_total',
      'Messages of the log projected into the views.',
    );
    this.#aside = metrics.counter(
      'syncline_unreadable_messages_total',
      'Messages that this version cannot read and set aside.',
    );
    this.#failures = metrics.counter(
      'syncline_projection_failures_total',
      'Attempts to project that failed.',
    );
  }

  readonly projected = (messages: number): void => this.#messages.inc(messages);

  readonly setAside = (subject: string, sequence: number, reason: string): void => {
    this.#aside.inc();
    this.log.warn({ subject, sequence, reason }, 'a message cannot be read by this version and is set aside');
  };

  readonly failed = (error: unknown): void => {
    this.#failures.inc();
    if (this.#awaySince === undefined)
      this.log.warn({ err: error }, 'waiting for Postgres: the views are away');
    this.#awaySince ??= performance.now();
  };

  readonly back = (sequence: number): void => {
    const since = this.#awaySince;
    const waitedSeconds = since === undefined ? undefined : (performance.now() - since) / 1000;
    this.#awaySince = undefined;
    this.log.info({ sequence, ...(waitedSeconds !== undefined && { waitedSeconds }) }, 'the views are there');
  };

  readonly rebuilding = (sequence: number, of: number): void => {
    if (performance.now() - this.#saidAt < sayEveryMs) return;
    this.#saidAt = performance.now();
    this.log.info({ sequence, of }, `the views are made anew: ${sequence} of ${of} messages`);
  };
}
