import { Brackets, type EntityManager } from 'typeorm';

import { RowSet } from '../projecting/row-set.js';
import type { Projection, Stored } from '../projecting/projection.js';
import { projections } from '../projections/all.js';
import { eventsProjection } from '../projections/events.js';
import {
  applicationTable,
  rolloutTable,
  type ApplicationRow,
  type RolloutRow,
} from '../tables/application.js';
import { clusterTable, type ClusterRow } from '../tables/cluster.js';
import { eventTable, type EventRow } from '../tables/event.js';
import { planTable, type PlanRow } from '../tables/plan.js';
import { repositoryTable, type RepositoryRow } from '../tables/repository.js';
import { parkedTable, type ParkedRow } from '../tables/service.js';
import type { Table } from '../tables/table.js';

/** Which events make a past: those of some subjects, and those of some types whatever their subject. */
export type PastFilter = {
  readonly subjects?: readonly string[];
  readonly types?: readonly string[];
};

/** More than any one application has; a past that would need more is not told by folding. */
const mostEvents = 100_000;

const folded: readonly Projection[] = projections.filter((one) => one !== eventsProjection);

/** An event as projections take it. */
export const storedOf = ({ sequence, index, ...row }: EventRow): Stored => {
  const { causationId, causationSubject, traceparent, ...event } = row;
  return {
    ...event,
    position: { sequence, index },
    ...(causationId !== null && { causationId }),
    ...(causationSubject !== null && { causationSubject }),
    ...(traceparent !== null && { traceparent }),
  } as unknown as Stored;
};

/** The events that had happened by an instant (RFC 3339), in the order of the log. */
export const readEventsUntil = async (
  manager: EntityManager,
  at: string,
  { subjects = [], types = [] }: PastFilter,
): Promise<readonly Stored[]> => {
  const rows = await manager
    .createQueryBuilder(eventTable.entity, 'e')
    .where('e.occurredAt <= :at', { at })
    .andWhere(
      new Brackets((either) => {
        if (subjects.length > 0) either.orWhere('e.subject IN (:...subjects)', { subjects });
        if (types.length > 0) either.orWhere('e.type IN (:...types)', { types });
      }),
    )
    .orderBy('e.sequence')
    .addOrderBy('e.index')
    .limit(mostEvents)
    .getMany();
  return rows.map(storedOf);
};

/** What was so at an instant, as far as the events that it was made from say. */
export class Past {
  readonly #rows = new RowSet(true);
  #all: ReadonlyMap<unknown, readonly object[]> | undefined;

  /** @param events in the order of the log. */
  constructor(readonly events: readonly Stored[]) {
    for (const event of events) for (const one of folded) this.#rows.project(one, event);
  }

  applications(): readonly ApplicationRow[] {
    const order = (a: ApplicationRow, b: ApplicationRow): number =>
      a.project === b.project ? compare(a.application, b.application) : compare(a.project, b.project);
    return [...this.#list(applicationTable)].sort(order);
  }

  application(project: string, application: string): ApplicationRow | undefined {
    return this.#list(applicationTable).find(
      (one) => one.project === project && one.application === application,
    );
  }

  rollout(rollout: string): RolloutRow | undefined {
    return this.#list(rolloutTable).find((one) => one.rollout === rollout);
  }

  repositories(): readonly RepositoryRow[] {
    return [...this.#list(repositoryTable)].sort((a, b) => compare(a.repository, b.repository));
  }

  clusters(): readonly ClusterRow[] {
    return [...this.#list(clusterTable)].sort((a, b) => compare(a.cluster, b.cluster));
  }

  /** The plans of a target, the one drafted last first. */
  plans(cluster: string): readonly PlanRow[] {
    return this.#list(planTable)
      .filter((one) => one.cluster === cluster)
      .sort((a, b) => b.draftedSequence - a.draftedSequence);
  }

  parked(): readonly ParkedRow[] {
    return this.#list(parkedTable);
  }

  #list<Row extends object>(table: Table<Row>): readonly Row[] {
    this.#all ??= new Map(this.#rows.changes().map((one) => [one.table, one.rows]));
    return (this.#all.get(table) ?? []) as readonly Row[];
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
