import type { TargetName } from '@syncline/events';
import { Turns } from '../projecting/turns.js';
import { unreadableTable } from '../tables/bookkeeping.js';
import {
  applicationTable,
  rolloutTable,
  type ApplicationRow,
  type RolloutRow,
} from '../tables/application.js';
import { clusterTable, type ClusterRow } from '../tables/cluster.js';
import { approvalTable, planTable, type ApprovalRow, type PlanRow } from '../tables/plan.js';
import {
  configurationTable, repositoryTable, revisionTable, type ConfigurationRow, type RepositoryRow, type RevisionRow,
} from '../tables/repository.js'; // prettier-ignore
import { parkedTable, type ParkedRow } from '../tables/service.js';
import { In, LessThan, LessThanOrEqual, Like, type DataSource, type EntityManager } from 'typeorm';

import { viewsSchema, viewsSource } from './data-source.js';
import { readDelivery, type DeliveryFilter, type DeliveryRow } from './delivery.js';
import { readApplies, type AppliedManifests } from './applies.js';
import { readDrifts, type DriftFilter, type DriftRow } from './drifts.js';
import {
  countEvents, readChangesDuring, readEvents, readEventsOfChanges, readReplayRequests,
  type EventFilter, type LoggedEvent, type Period, type Stretch,
} from './events.js'; // prettier-ignore
import { readFleetAt, type FleetStateAtRow, type TargetFilter } from './fleet-state-at.js';
import { Past, readEventsUntil, type PastFilter } from './past.js';
import { fleetStateView, type FleetStateRow } from './fleet-state.js';
import {
  readHealthSaid, readRecentChanges, type RecentChange, type RecentChangesFilter,
} from './recent-changes.js'; // prettier-ignore
import { classifyViews } from './views-error.js';

/** An application's coordinates. */
export type ApplicationName = { readonly project: string; readonly application: string };

/** Which plans to list, newest first. `before` is the sequence at which the page before ended, `until` when they were drafted at the latest. */
export type PlanFilter = Partial<Pick<PlanRow, 'project' | 'application' | 'cluster' | 'state'>> & {
  readonly before?: number;
  readonly until?: string;
  readonly limit: number;
};

/** Which rollouts of an application: before a sequence, begun by an instant (RFC 3339), of a revision. */
export type RolloutFilter = {
  readonly before?: number | undefined;
  readonly until?: string | undefined;
  readonly revision?: string | undefined;
};

/** Reads the views. Throws `ViewsError` while Postgres is away or the tables are being made. */
export class Views {
  #source: DataSource | undefined;
  readonly #turns = new Turns();

  constructor(private readonly url: string) {}

  fleet(
    where: Partial<ApplicationName & { readonly cluster: string }> = {},
  ): Promise<readonly FleetStateRow[]> {
    const order = { project: 'ASC', application: 'ASC', cluster: 'ASC' } as const;
    return this.#read((manager) => manager.find(fleetStateView, { where, order }));
  }

  /** Every target as it was at an instant (RFC 3339), by what had happened by then. */
  fleetAt(at: string, filter: TargetFilter = {}): Promise<readonly FleetStateAtRow[]> {
    return this.#read((manager) => readFleetAt(manager, at, filter));
  }

  /** What the events that had happened by an instant (RFC 3339) say of what they are about. */
  async past(at: string, filter: PastFilter): Promise<Past> {
    return new Past(await this.#read((manager) => readEventsUntil(manager, at, filter)));
  }

  repositories(): Promise<readonly RepositoryRow[]> {
    return this.#read((manager) => manager.find(repositoryTable.entity, { order: { repository: 'ASC' } }));
  }

  clusters(): Promise<readonly ClusterRow[]> {
    return this.#read((manager) => manager.find(clusterTable.entity, { order: { cluster: 'ASC' } }));
  }

  cluster(cluster: string): Promise<ClusterRow | undefined> {
    return this.#one((manager) => manager.findOneBy(clusterTable.entity, { cluster }));
  }

  applications(): Promise<readonly ApplicationRow[]> {
    const order = { project: 'ASC', application: 'ASC' } as const;
    return this.#read((manager) => manager.find(applicationTable.entity, { order }));
  }

  application({ project, application }: ApplicationName): Promise<ApplicationRow | undefined> {
    return this.#one((manager) => manager.findOneBy(applicationTable.entity, { project, application }));
  }

  rollout(rollout: string): Promise<RolloutRow | undefined> {
    return this.#one((manager) => manager.findOneBy(rolloutTable.entity, { rollout }));
  }

  /** The rollouts of an application, the one that started last first: before a sequence, and by an instant (RFC 3339). */
  rollouts(
    name: ApplicationName,
    limit: number,
    { before, until, revision }: RolloutFilter = {},
  ): Promise<readonly RolloutRow[]> {
    const where = {
      ...name,
      ...(revision !== undefined && { revision }),
      ...(before !== undefined && { startedSequence: LessThan(before) }),
      ...(until !== undefined && { startedAt: LessThanOrEqual(until) }),
    };
    const order = { startedSequence: 'DESC' } as const;
    return this.#read((manager) => manager.find(rolloutTable.entity, { where, order, take: limit }));
  }

  /** Every sighting of these revisions, in any repository, in the order of the log. */
  revisions(revisions: readonly string[]): Promise<readonly RevisionRow[]> {
    const order = { sequence: 'ASC' } as const;
    const where = { revision: In([...revisions]) };
    return this.#read((manager) => manager.find(revisionTable.entity, { where, order }));
  }

  /** What the planner made of a revision of a repository, the latest word. */
  configuration(repository: string, revision: string): Promise<ConfigurationRow | undefined> {
    const order = { sequence: 'DESC' } as const;
    return this.#one((manager) =>
      manager.findOne(configurationTable.entity, { where: { repository, revision }, order }),
    );
  }

  /** The configuration of a repository that was accepted before a sequence, the latest. */
  configurationBefore(repository: string, sequence: number): Promise<ConfigurationRow | undefined> {
    const where = { repository, errorCount: 0, sequence: LessThan(sequence) };
    const order = { sequence: 'DESC' } as const;
    return this.#one((manager) => manager.findOne(configurationTable.entity, { where, order }));
  }

  plans({ before, until, limit, ...where }: PlanFilter): Promise<readonly PlanRow[]> {
    const all = {
      ...where,
      ...(before !== undefined && { draftedSequence: LessThan(before) }),
      ...(until !== undefined && { draftedAt: LessThanOrEqual(until) }),
    };
    const order = { draftedSequence: 'DESC' } as const;
    return this.#read((manager) => manager.find(planTable.entity, { where: all, order, take: limit }));
  }

  drifts(filter: DriftFilter): Promise<readonly DriftRow[]> {
    return this.#read((manager) => readDrifts(manager, filter));
  }

  recentChanges(filter: RecentChangesFilter): Promise<readonly RecentChange[]> {
    return this.#read((manager) => readRecentChanges(manager, filter));
  }

  healthSaid(target: ApplicationName & { readonly cluster: string }): Promise<unknown> {
    return this.#read((manager) => readHealthSaid(manager, target));
  }

  delivery(filter: DeliveryFilter): Promise<readonly DeliveryRow[]> {
    return this.#read((manager) => readDelivery(manager, filter));
  }

  /** Applies of a target that had succeeded by an instant (RFC 3339), the last first. */
  applies(target: TargetName, at: string, limit: number): Promise<readonly AppliedManifests[]> {
    return this.#read((manager) => readApplies(manager, target, at, limit));
  }

  /** The plans whose digest begins so (hex digits only) and that were drafted by an instant, at most two: enough to know whether it is ambiguous. */
  plansByPrefix(prefix: string, until?: string): Promise<readonly PlanRow[]> {
    const where = {
      plan: Like(`${prefix}%`),
      ...(until !== undefined && { draftedAt: LessThanOrEqual(until) }),
    };
    return this.#read((manager) => manager.find(planTable.entity, { where, take: 2 }));
  }

  /** What was decided on a plan, by an instant (RFC 3339) where one is given. */
  approvals(plan: string, until?: string): Promise<readonly ApprovalRow[]> {
    const order = { sequence: 'ASC', index: 'ASC' } as const;
    const where = { plan, ...(until !== undefined && { occurredAt: LessThanOrEqual(until) }) };
    return this.#read((manager) => manager.find(approvalTable.entity, { where, order }));
  }

  events(filter: EventFilter): Promise<readonly LoggedEvent[]> {
    return this.#read((manager) => readEvents(manager, filter));
  }

  eventsOfChanges(
    { project, application }: ApplicationName,
    correlationIds: readonly string[],
    limit: number,
  ): Promise<readonly LoggedEvent[]> {
    return this.#read((manager) => readEventsOfChanges(manager, project, application, correlationIds, limit));
  }

  /** See {@link readChangesDuring}. */
  changesDuring(name: ApplicationName, period: Period, limit: number): Promise<readonly string[]> {
    return this.#read((manager) => readChangesDuring(manager, name, period, limit));
  }

  /** See {@link readReplayRequests}. */
  replayRequests(name: ApplicationName, during: Stretch, limit: number): Promise<readonly LoggedEvent[]> {
    return this.#read((manager) => readReplayRequests(manager, name, during, limit));
  }

  parked(): Promise<readonly ParkedRow[]> {
    return this.#read((manager) => manager.find(parkedTable.entity));
  }

  /** Events that are projected, and messages that were set aside. */
  counts(): Promise<{ readonly events: number; readonly unreadable: number }> {
    return this.#read(async (manager) => ({
      events: await countEvents(manager),
      unreadable: await manager.count(unreadableTable.entity),
    }));
  }

  async close(): Promise<void> {
    await this.#source?.destroy().catch(() => undefined);
    this.#source = undefined;
  }

  async #one<Row>(find: (manager: EntityManager) => Promise<Row | null>): Promise<Row | undefined> {
    return (await this.#read(find)) ?? undefined;
  }

  async #read<Result>(work: (manager: EntityManager) => Promise<Result>): Promise<Result> {
    try {
      return await work((await this.#open()).manager);
    } catch (error) {
      throw classifyViews(error);
    }
  }

  #open(): Promise<DataSource> {
    return this.#source
      ? Promise.resolve(this.#source)
      : this.#turns.take(async () => {
          this.#source ??= await viewsSource(this.url, viewsSchema).initialize();
          return this.#source;
        });
  }
}
