import { decodeToken, toCloudEvent, type CloudEvent } from '@syncline/events';
import type { Position } from '@syncline/kernel';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';

import { eventTable, type EventRow } from '../tables/event.js';

/** An event as the API gives it out. */
export type LoggedEvent = CloudEvent & { readonly position: string; readonly recordedtime: string };

/** Which events to page through; `subject` may hold NATS wildcards. */
export type EventFilter = {
  readonly after: Position;
  readonly limit: number;
  readonly types?: readonly string[];
  readonly subject?: string;
  readonly correlationId?: string;
  /** Those that the log had by then (RFC 3339), or that had happened by then. */
  readonly recordedBy?: string;
  readonly occurredBy?: string;
};

/** What a row leaves out is what its other columns say. */
const logged = ({
  sequence,
  index,
  causationId,
  causationSubject,
  traceparent,
  ...row
}: EventRow): LoggedEvent =>
  toCloudEvent({
    ...row,
    position: { sequence, index },
    ...(causationId !== null && { causationId }),
    ...(causationSubject !== null && { causationSubject }),
    ...(traceparent !== null && { traceparent }),
  });

const escapeLike = (text: string): string => text.replaceAll(/[\\%_]/g, String.raw`\$&`);
const escapeRegex = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const regexOf = (subject: string): string =>
  `^${subject
    .split('.')
    .map((token) => (token === '*' ? '[^.]+' : token === '>' ? '.+' : escapeRegex(token)))
    .join(String.raw`\.`)}$`;

/** The names that a filter with wildcards still gives; each narrows an index. */
const namesIn = (subject: string): Readonly<Record<string, string>> => {
  const match =
    /^ev\.(?:plan\.([^.]+)|cluster\.([^.]+)\.target)\.([^.]+)\.([^.]+)$/.exec(subject) ??
    /^ev\.(?:(?:plan|cluster)\.([^.]+)\.)/.exec(subject);
  const [cluster, project, application] = match ? [match[1] ?? match[2], match[3], match[4]] : [];
  const given = Object.entries({ cluster, project, application }).flatMap(([name, token]) =>
    token === undefined || /[*>]/.test(token) ? [] : [[name, decodeToken(token)] as const],
  );
  return Object.fromEntries(given);
};

/** A filter that ends in `>` and has no other wildcard is a beginning; any other wildcard takes a pattern and names. */
const bySubject = (query: SelectQueryBuilder<EventRow>, subject: string): void => {
  const fixed = /^[^*>]*/.exec(subject)?.[0] ?? '';
  if (fixed === subject) {
    query.andWhere('e.subject = :subject', { subject });
    return;
  }
  query.andWhere('e.subject LIKE :fixed', { fixed: `${escapeLike(fixed)}_%` });
  if (subject === `${fixed}>`) return;
  query.andWhere('e.subject ~ :pattern', { pattern: regexOf(subject) });
  for (const [name, value] of Object.entries(namesIn(subject))) {
    query.andWhere(`e.${name} = :${name}Named`, { [`${name}Named`]: value });
  }
};

/** Events after a position in the order of the log. */
export const readEvents = async (
  manager: EntityManager,
  { after, limit, types, subject, correlationId, recordedBy, occurredBy }: EventFilter,
): Promise<readonly LoggedEvent[]> => {
  const query = manager
    .createQueryBuilder(eventTable.entity, 'e')
    .where('(e.sequence, e.index) > (:sequence, :index)', after)
    .orderBy('e.sequence')
    .addOrderBy('e.index')
    .limit(limit);
  if (types?.length === 1) query.andWhere('e.type = :type', { type: types[0] });
  else if (types) query.andWhere('e.type IN (:...types)', { types });
  if (subject !== undefined) bySubject(query, subject);
  if (correlationId !== undefined) query.andWhere('e.correlationId = :correlationId', { correlationId });
  if (recordedBy !== undefined) query.andWhere('e.recordedAt <= :recordedBy', { recordedBy });
  if (occurredBy !== undefined) query.andWhere('e.occurredAt <= :occurredBy', { occurredBy });
  return (await query.getMany()).map(logged);
};

/** The events of some changes that concern an application: its own, its targets', and those of no application. */
export const readEventsOfChanges = async (
  manager: EntityManager,
  project: string,
  application: string,
  correlationIds: readonly string[],
  limit: number,
): Promise<readonly LoggedEvent[]> => {
  if (correlationIds.length === 0) return [];
  const rows = await manager
    .createQueryBuilder(eventTable.entity, 'e')
    .where('e.correlationId IN (:...correlationIds)', { correlationIds })
    .andWhere('(e.application IS NULL OR (e.project = :project AND e.application = :application))', {
      project,
      application,
    })
    .orderBy('e.sequence')
    .addOrderBy('e.index')
    .limit(limit)
    .getMany();
  return rows.map(logged);
};

/** Sequences of a stretch of the log, both ends left out. */
export type Stretch = { readonly after: number; readonly before?: number };

/** What people wanted of the record for an application in a stretch of the log, the last first. */
export const readReplayRequests = async (
  manager: EntityManager,
  named: { readonly project: string; readonly application: string },
  { after, before }: Stretch,
  limit: number,
): Promise<readonly LoggedEvent[]> => {
  const query = manager
    .createQueryBuilder(eventTable.entity, 'e')
    .where('e.type IN (:...types)', { types: ['ReplayRequested', 'UndeleteRequested', 'ReplayEnded'] })
    .andWhere('e.project = :project AND e.application = :application', named)
    .andWhere('e.sequence > :after', { after })
    .orderBy('e.sequence', 'DESC')
    .limit(limit);
  if (before !== undefined) query.andWhere('e.sequence < :before', { before });
  return (await query.getMany()).map(logged);
};

/** Instants (RFC 3339) between which something happened, both ends belonging to it. */
export type Period = { readonly from: string; readonly to: string };

/** The changes in which something was asked for or done to an application within a period, by their correlation ids, the first first. */
export const readChangesDuring = async (
  manager: EntityManager,
  named: { readonly project: string; readonly application: string },
  { from, to }: Period,
  limit: number,
): Promise<readonly string[]> => {
  const types = ['RolloutStarted', 'ReplayRequested', 'UndeleteRequested', 'ReplayEnded', 'ApplyStarted'];
  const rows = await manager
    .createQueryBuilder(eventTable.entity, 'e')
    .select('e.correlationId', 'change')
    .where('e.type IN (:...types)', { types })
    .andWhere('e.project = :project AND e.application = :application', named)
    .andWhere('e.occurredAt BETWEEN :from AND :to', { from, to })
    .groupBy('e.correlationId')
    .orderBy('MIN(e.sequence)')
    .limit(limit)
    .getRawMany<{ change: string }>();
  return rows.map(({ change }) => change);
};

/** How many events there are. */
export const countEvents = (manager: EntityManager): Promise<number> =>
  manager.createQueryBuilder(eventTable.entity, 'e').getCount();
