import { DelegateBackoff, handleWhen, retry, wrap } from 'cockatiel';

import { isKubernetesError } from '../kubernetes-error.js';
import { longestAskMs } from './throttle.js';

const attempts = 5;
const reconnects = 2;
const firstMs = 200;
const mostMs = 5_000;

/** How long to wait before the next attempt, doubling with jitter; what the server asks for is waited for where requests are sent. */
const backoff = new DelegateBackoff(
  ({ attempt }: { readonly attempt: number }) =>
    Math.min(firstMs * 2 ** attempt, mostMs) * (0.5 + Math.random() / 2),
);

/** Throttled, faulty or slow on the server's side, and not asked to stay away for long. */
const isPassing = (error: unknown): boolean =>
  isKubernetesError(error, 'throttled', 'server-fault', 'timeout') &&
  (error.details.retryAfterMs ?? 0) <= longestAskMs;

const policy = wrap(
  retry(handleWhen(isPassing), { maxAttempts: attempts, backoff }),
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
 * for some seconds at a time), and twice where a connection breaks.
 */
export const patiently = <Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> =>
  policy.execute(work, signal);
