import { DelegateBackoff, handleWhen, retry } from 'cockatiel';

import { isKubernetesError } from '../kubernetes-error.js';

const attempts = 5;
const firstMs = 200;
const mostMs = 5_000;

/** How long to wait before the next attempt: what the server asked for, else doubling with jitter. */
const backoffMs = (attempt: number, error: unknown): number => {
  const asked = isKubernetesError(error) ? error.details.retryAfterMs : undefined;
  const doubled = Math.min(firstMs * 2 ** attempt, mostMs);
  return (asked ?? 0) + doubled * (0.5 + Math.random() / 2);
};

const policy = retry(
  handleWhen((error) =>
    isKubernetesError(error, 'throttled', 'server-fault', 'timeout', 'cluster-unreachable'),
  ),
  {
    maxAttempts: attempts,
    backoff: new DelegateBackoff((context) =>
      backoffMs(context.attempt, 'error' in context.result ? context.result.error : undefined),
    ),
  },
);

/** Repeats work that is safe to repeat while the server is throttling, faulty or out of reach: six tries in some ten seconds. */
export const patiently = <Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> =>
  policy.execute(work, signal);
