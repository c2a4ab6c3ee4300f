import { isCommandRefused } from '@syncline/kernel';

import { applicationPath, findApplication } from '../application/find-application.js';
import type { ApiClient } from '../client/api-client.js';
import { listenForNews } from '../client/news.js';
import { judgeRevision, revisionAnswer, type Verdict } from './revision-verdict.js';

/** The events after which the answer may be another. */
const types = [
  'RevisionDetected', 'RevisionRefused', 'ConfigurationAccepted', 'ConfigurationRejected', 'ApplicationDeclared', 'PlanDrafted',
  'PlanUnchanged', 'PlanHeld', 'PlanRejected', 'RenderFailed', 'TargetReleased', 'ApplySucceeded', 'ApplyFailed',
  'HealthTransitioned', 'ClusterLost', 'ClusterConnected', 'RolloutCompleted',
]; // prettier-ignore
/** What is worth waiting for: a part that starts again, or an application that this very revision declares. */
const passing = [
  'unreachable', 'service-unavailable', 'views-unavailable', 'log-unreachable', 'no-such-application', 'application-unknown',
]; // prettier-ignore
const lookAgainMs = 3_000;

const readVerdict = async (api: ApiClient, name: string, revision: string): Promise<Verdict> => {
  try {
    const application = await findApplication(api, name);
    const path = `${applicationPath(application)}/revisions/${encodeURIComponent(revision)}`;
    return judgeRevision(await api.get(path, revisionAnswer));
  } catch (error) {
    if (!isCommandRefused(error) || !(passing.includes(error.code) || error.code.startsWith('http-5')))
      throw error;
    return { status: 'waiting', reason: error.message };
  }
};

/**
 * Waits until an application is Current at a revision on each of its clusters, looking again whenever something
 * happened; what it waits for is told at each look. Ends early where the revision has failed; at the time-out with the reason why it has not arrived.
 */
export const waitForRevision = async (
  api: ApiClient,
  name: string,
  revision: string,
  signal: AbortSignal,
  onWaiting: (reason: string) => void,
): Promise<Verdict> => {
  const ending = new AbortController();
  const news = listenForNews(api, { types }, AbortSignal.any([signal, ending.signal]), lookAgainMs);
  try {
    for (;;) {
      const verdict = await readVerdict(api, name, revision);
      if (verdict.status !== 'waiting' || signal.aborted) return verdict;
      onWaiting(verdict.reason);
      await news.next();
    }
  } finally {
    ending.abort();
  }
};
