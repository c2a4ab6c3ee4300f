import { DelegateBackoff, handleWhen, retry, wrap, type IPolicy } from 'cockatiel';

import { isKubernetesError } from '../kubernetes-error.js';
import { longestAskMs } from './throttle.js';

const attempts = 5;
/** No attempt begins later than this, however long each waited for its turn. */
const patienceMs = 12_000;
const reconnects = 2;
const firstMs = 200;
const mostMs = 5_000;

/** What a faulty server asks to wait before this one request; what one asks that throttles is waited for where requests are sent. */
const askedMs = (result: object): number => {
  const error = 'error' in result ? result.error : undefined;
  return isKubernetesError(error, 'server-fault', 'timeout') ? (error.details.retryAfterMs ?? 0) : 0;
};

/** How long to wait before the next attempt: what was asked, and doubling with jitter. */
const backoff = new DelegateBackoff(
  ({ attempt, result }: { readonly attempt: number; readonly result: object }) =>
    askedMs(result) + Math.min(firstMs * 2 ** attempt, mostMs) * (0.5 + Math.random() / 2),
);

/** Throttled, faulty or slow on the server's side, and not asked to stay away for long. */
const isPassing = (error: unknown): boolean =>
  isKubernetesError(error, 'throttled', 'server-fault', 'timeout') &&
  (error.details.retryAfterMs ?? 0) <= longestAskMs;

/** A kept connection may have gone stale; beyond that the link's own watch says when the server is back. */
const reconnecting = retry(
  handleWhen((error) => isKubernetesError(error, 'cluster-unreachable') && error.details.isTimedOut !== true),
  { maxAttempts: reconnects, backoff },
);

const policyUntil = (deadline: number): IPolicy =>
  wrap(
    retry(
      handleWhen((error) => isPassing(error) && performance.now() < deadline),
      { maxAttempts: attempts, backoff },
    ),
    reconnecting,
  );

/**
 * Repeats work that is safe to repeat while the server throttles or is faulty (six tries in some ten seconds), and twice where a
 * connection breaks.
 */
export const patiently = <Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> =>
  policyUntil(performance.now() + patienceMs).execute(work, signal);
