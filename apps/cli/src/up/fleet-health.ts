import { z } from 'zod';

import type { ApiClient } from '../client/api-client.js';
import {
  cluster,
  event,
  fleet,
  listOf,
  repository,
  type Fleet,
  type Repository,
  type Target,
} from '../client/contract.js';
import { listenForNews } from '../client/news.js';
import { short } from '../story/words.js';

const recheckMs = 2_000;
const settledMs = 5_000;

const application = z.object({
  spec: z.object({
    project: z.string(),
    name: z.string(),
    source: z.object({ repository: z.string() }),
    placement: z.object({ clusters: z.object({ matchLabels: z.record(z.string(), z.string()) }) }),
  }),
});

/** What a fleet should come to, and where it stands. */
export type FleetProgress = {
  readonly fleet: Fleet;
  /** Targets that the placements ask for. */
  readonly expected: number;
  /** Why there is nothing to wait for yet, or undefined once the repository's configuration is in force. */
  readonly pending?: string;
};

const isHealthy = ({ sync, health }: Target): boolean => sync === 'InSync' && health === 'Current';

/** Words of sync that do not change by themselves. */
const resting = new Set(['AwaitingApproval', 'Held', 'Failed']);

const isAtRest = (target: Target): boolean => isHealthy(target) || resting.has(target.sync);

export type FleetVerdict = 'healthy' | 'at-rest' | 'moving';

/** Whether every target that should be there is healthy, or at least nothing moves any more. */
export const judgeFleet = ({ fleet: { targets }, expected, pending }: FleetProgress): FleetVerdict => {
  if (pending !== undefined || targets.length < expected) return 'moving';
  if (targets.every(isHealthy)) return 'healthy';
  return targets.every(isAtRest) ? 'at-rest' : 'moving';
};

/** One line on how far a fleet is. */
export const progressText = ({ fleet: { targets }, expected, pending }: FleetProgress): string => {
  if (pending !== undefined) return pending;
  return `${targets.filter(isHealthy).length} of ${Math.max(expected, targets.length)} targets are in sync and healthy`;
};

const pendingOf = (name: string, one: Repository | undefined): string | undefined => {
  if (!one) return `repository ${name} is not registered yet`;
  if (one.failure) return `repository ${name} cannot be read: ${one.failure.reason}`;
  if (typeof one.revision !== 'string') return `repository ${name} is being read`;
  const { configuration, revision } = one;
  if (configuration?.revision !== revision) return `the configuration of ${short(revision)} is being read`;
  if (configuration.accepted) return undefined;
  const [first] = configuration.errors ?? [];
  const where = first ? `: ${first.file}:${first.line} ${first.reason}` : '';
  return `the configuration of ${short(revision)} was rejected${where}`;
};

type Spec = z.infer<typeof application>['spec'];

/** How many targets the placements of applications ask for on these clusters. */
export const countPlaced = (
  specs: readonly Spec[],
  clusters: readonly Readonly<Record<string, string>>[],
): number => {
  const isPlaced = ({ placement }: Spec, labels: Readonly<Record<string, string>>): boolean =>
    Object.entries(placement.clusters.matchLabels).every(([name, value]) => labels[name] === value);
  return specs.flatMap((spec) => clusters.filter((labels) => isPlaced(spec, labels))).length;
};

/** The number of applications that the configuration in force declares. */
const declaredBy = async (api: ApiClient, name: string): Promise<number> => {
  const query = new URLSearchParams({ type: 'ConfigurationAccepted', limit: '500' });
  const { items } = await api.get(`/v1/events?${query.toString()}`, listOf(event));
  const last = items.findLast(({ data }) => data.repository === name);
  return Number(last?.data.applications ?? 0);
};

/** Where a fleet stands on its way to what one repository declares. */
export const readProgress = async (api: ApiClient, name: string): Promise<FleetProgress> => {
  const [now, repositories, applications, clusters] = await Promise.all([
    api.get('/v1/fleet', fleet),
    api.get('/v1/repositories', listOf(repository)),
    api.get('/v1/applications', listOf(application)),
    api.get('/v1/clusters', listOf(cluster)),
  ]);
  const pending = pendingOf(
    name,
    repositories.items.find((one) => one.repository === name),
  );
  if (pending !== undefined) return { fleet: now, expected: 0, pending };
  const specs = applications.items.map(({ spec }) => spec).filter(({ source }) => source.repository === name);
  const declared = await declaredBy(api, name);
  if (specs.length < declared) return { fleet: now, expected: 0, pending: 'applications are being declared' };
  const labels = clusters.items.map((one) => one.labels);
  return { fleet: now, expected: countPlaced(specs, labels) };
};

/** How waiting for a fleet ended. */
export type FleetOutcome = FleetProgress & { readonly verdict: FleetVerdict };

type Waiting = {
  readonly api: ApiClient;
  readonly repository: string;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => void;
  readonly timeoutMs: number;
};

/**
 * Waits until every target is in sync and healthy, looking again whenever something happens. Ends with `at-rest` where
 * nothing has moved for five seconds and somebody is needed, with `moving` at the time-out.
 */
export const waitForFleet = async (waiting: Waiting): Promise<FleetOutcome> => {
  const { api, repository: name, tell, timeoutMs } = waiting;
  const ending = new AbortController();
  const news = listenForNews(api, {}, AbortSignal.any([waiting.signal, ending.signal]), recheckMs);
  const deadline = Date.now() + timeoutMs;
  let told = '';
  let restingSince: number | undefined;
  try {
    for (;;) {
      const progress = await readProgress(api, name);
      const verdict = judgeFleet(progress);
      const line = progressText(progress);
      if (line !== told) tell(line);
      told = line;
      restingSince = verdict === 'at-rest' ? (restingSince ?? Date.now()) : undefined;
      const rested = restingSince !== undefined && Date.now() - restingSince > settledMs;
      if (verdict === 'healthy' || rested || Date.now() > deadline) return { ...progress, verdict };
      await news.next();
      waiting.signal.throwIfAborted();
    }
  } finally {
    ending.abort();
  }
};
