import { listApplications } from '../application/find-application.js';
import type { ApiClient } from '../client/api-client.js';
import { cluster, event, fleet, listOf, repository } from '../client/contract.js';
import type { Fleet, Repository, Target } from '../client/contract.js';
import { short } from '../story/words.js';

type Labels = Readonly<Record<string, string>>;

/** What a fleet should come to, and where it stands. */
export type FleetProgress = {
  readonly fleet: Fleet;
  /** Targets that the placements ask for. */
  readonly expected: number;
  /** Why there is nothing to wait for yet, or undefined once the repository's configuration is in force. */
  readonly pending?: string;
  /** Whether somebody has to do something before there is anything to wait for. */
  readonly isStuck?: boolean;
};

const isHealthy = ({ sync, health }: Target): boolean => sync === 'InSync' && health === 'Current';

/** Words of sync that do not change by themselves. */
const resting = new Set(['AwaitingApproval', 'Held', 'Failed', 'Drifted']);

const isAtRest = (target: Target): boolean => isHealthy(target) || resting.has(target.sync);

export type FleetVerdict = 'healthy' | 'at-rest' | 'moving';

/** Whether every target that should be there is healthy, or at least nothing moves any more. */
export const judgeFleet = (progress: FleetProgress): FleetVerdict => {
  const { fleet: { targets }, expected, pending, isStuck } = progress; // prettier-ignore
  if (isStuck === true) return 'at-rest';
  if (pending !== undefined || targets.length < expected) return 'moving';
  if (targets.every(isHealthy)) return 'healthy';
  return targets.every(isAtRest) ? 'at-rest' : 'moving';
};

/** One line on how far a fleet is. */
export const progressText = ({ fleet: { targets }, expected, pending }: FleetProgress): string =>
  pending ??
  `${targets.filter(isHealthy).length} of ${Math.max(expected, targets.length)} targets are in sync and healthy`;

const mostNamed = 3;

/** Which targets are waited for, as the rest of a sentence; nothing where the fleet has none to wait for. */
export const waitingText = ({ fleet: { targets } }: FleetProgress): string => {
  const waited = targets.filter((target) => !isHealthy(target));
  const named = waited.slice(0, mostNamed).map(({ application, cluster, sync, health, message }) => {
    const why = message ?? '';
    return `${application} on ${cluster} (${sync}, ${health}${why === '' ? '' : `: ${why}`})`;
  });
  if (waited.length > mostNamed) named.push(`${waited.length - mostNamed} more`);
  return named.length === 0 ? '' : `; waiting for ${named.join(', ')}`;
};

type Pending = Pick<FleetProgress, 'pending' | 'isStuck'>;

const rejectionOf = ({ configuration, revision }: Repository): string => {
  const [first] = configuration?.errors ?? [];
  const where = first ? `: ${first.file}:${first.line} ${first.reason}` : '';
  return `the configuration of ${short(revision ?? '')} was rejected${where}`;
};

const pendingOf = (name: string, one: Repository | undefined): Pending => {
  if (!one) return { pending: `repository ${name} is not registered yet` };
  if (one.failure)
    return { pending: `repository ${name} cannot be read: ${one.failure.reason}`, isStuck: true };
  if (typeof one.revision !== 'string') return { pending: `repository ${name} is being read` };
  const { configuration, revision } = one;
  if (configuration?.revision !== revision)
    return { pending: `the configuration of ${short(revision)} is being read` };
  return configuration.accepted ? {} : { pending: rejectionOf(one), isStuck: true };
};

/** How many targets come of placing applications by these labels on these clusters. */
export const countPlaced = (placements: readonly Labels[], clusters: readonly Labels[]): number =>
  placements.flatMap((wanted) =>
    clusters.filter((labels) => Object.entries(wanted).every(([name, value]) => labels[name] === value)),
  ).length;

/** The number of applications that the configuration in force declares. */
const countDeclared = async (api: ApiClient, name: string): Promise<number> => {
  const query = new URLSearchParams({ type: 'ConfigurationAccepted', limit: '1000' });
  const { items } = await api.get(`/v1/events?${query.toString()}`, listOf(event));
  const last = items.findLast(({ data }) => data.repository === name);
  return Number(last?.data.applications ?? 0);
};

const countExpected = async (api: ApiClient, name: string): Promise<number | undefined> => {
  const [all, declared, clusters] = await Promise.all([
    listApplications(api),
    countDeclared(api, name),
    api.get('/v1/clusters', listOf(cluster)),
  ]);
  const own = all.filter((one) => one.repository === name && !one.retired);
  if (own.length < declared) return undefined;
  return countPlaced(
    own.map(({ spec }) => spec.placement.clusters.matchLabels),
    clusters.items.map(({ labels }) => labels),
  );
};

/** Where a fleet stands on its way to what one repository declares. */
export const readProgress = async (api: ApiClient, name: string): Promise<FleetProgress> => {
  const repositories = await api.get('/v1/repositories', listOf(repository));
  const waiting = pendingOf(
    name,
    repositories.items.find((one) => one.repository === name),
  );
  const expected = waiting.pending === undefined ? await countExpected(api, name) : 0;
  const now = await api.get('/v1/fleet', fleet);
  if (expected === undefined)
    return { fleet: now, expected: 0, pending: 'its applications are being declared' };
  return { fleet: now, expected, ...waiting };
};
