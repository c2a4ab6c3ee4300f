import { DelegateBackoff, handleWhen, retry, wrap } from 'cockatiel';

import { isKubernetesError } from '../kubernetes-error.js';

const attempts = 5;
const reconnects = 2;
const firstMs = 200;
const mostMs = 5_000;

/** How long to wait before the next attempt: what the server asked for, else doubling with jitter. */
const backoffMs = (attempt: number, error: unknown): number => {
  const asked = isKubernetesError(error) ? error.details.retryAfterMs : undefined;
  const doubled = Math.min(firstMs * 2 ** attempt, mostMs);
  return (asked ?? 0) + doubled * (0.5 + Math.random() / 2);
};

const backoff = new DelegateBackoff((context: { attempt: number; result: object }) =>
  backoffMs(context.attempt, 'error' in context.result ? context.result.error : undefined),
);

const policy = wrap(
  retry(
    handleWhen((error) => isKubernetesError(error, 'throttled', 'server-fault', 'timeout')),
    { maxAttempts: attempts, backoff },
  ),
  // A kept connection may have gone stale; beyond that the link's own watch says when the server is back.
  retry(
    handleWhen(
      (error) => isKubernetesError(error, 'cluster-unreachable') && error.details.isTimedOut !== true,
    ),
    { maxAttempts: reconnects, backoff },
  ),
);

/**
 * Repeats work that is safe to repeat while the server throttles or is faulty (six tries in some ten seconds, longer where it asks
 * for it), and twice where a connection breaks.
 */
export const patiently = <Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> =>
  policy.execute(work, signal);
