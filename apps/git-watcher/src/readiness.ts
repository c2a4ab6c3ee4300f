import type { Hub } from '@syncline/event-store';
import { verifyGit } from '@syncline/git';
import type { Readiness } from '@syncline/observability';

const verifyEveryMs = 10_000;

/** What git-watcher lacks for work, in sentences: the log, and git. A repository that is away is not ours to lack. */
export const readinessOf = (hub: Pick<Hub, 'missing'>): Readiness => {
  let verified: { readonly at: number; readonly missing: Promise<readonly string[]> } | undefined;
  return async () => {
    if (!verified || performance.now() - verified.at > verifyEveryMs)
      verified = { at: performance.now(), missing: lackOfGit() };
    return [...hub.missing(), ...(await verified.missing)];
  };
};

const lackOfGit = (): Promise<readonly string[]> =>
  verifyGit().then(
    () => [],
    (error: unknown) => [error instanceof Error ? error.message : String(error)],
  );
