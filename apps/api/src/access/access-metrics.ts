import type { Metrics } from '@syncline/observability';

import { FailedAttempts } from './failed-attempts.js';

/** What is known of those who cannot say who they are: a number, and how often each address tried. */
export class AccessMetrics {
  readonly #denied;

  constructor(
    metrics: Metrics,
    readonly attempts: FailedAttempts,
  ) {
    this.#denied = metrics.counter('syncline_api_unauthenticated_total', 'Requests without a valid token.', [
      'reason',
    ]);
  }

  anonymous(reason: 'missing' | 'unknown'): void {
    this.#denied.inc({ reason });
  }
}
