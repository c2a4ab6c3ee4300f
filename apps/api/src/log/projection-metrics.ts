import type { Metrics } from '@syncline/observability';
import type { ProjectorReport } from '@syncline/read-models';

import type { RequestLog } from '../requests/log.js';

/** While the views are made anew, it is said this often how far that is. */
const sayEveryMs = 5_000;

/** Shows in metrics and logs what the projector does. `lag` is told by whoever knows the end of the log. */
export class ProjectionMetrics implements ProjectorReport {
  readonly #messages;
  readonly #position;
  readonly #lag;
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
    this.#position = metrics.gauge(
      'syncline_projected_sequence',
      'Sequence of the last message whose rows are committed.',
    );
    this.#lag = metrics.gauge(
      'syncline_projection_lag_messages',
      'Messages of the log that the views do not hold yet.',
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

  /** Told at each question for metrics or readiness. */
  standing(sequence: number, last: number): void {
    this.#position.set(sequence);
    this.#lag.set(Math.max(0, last - sequence));
  }
}
