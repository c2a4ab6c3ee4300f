import { IsNull, LessThan, LessThanOrEqual, MoreThan, Not, type EntityManager } from 'typeorm';

import type { PastDriftRow } from '../tables/drift.js';
import { defineView } from '../tables/table.js';

/** A row of the SQL view `drift`: `until` is null while it lasts. */
export type DriftRow = Omit<PastDriftRow, 'until' | 'endedBy' | 'manager'> & {
  readonly until: string | null;
  readonly healedBy: PastDriftRow['endedBy'] | null;
  readonly healedByManager: string | null;
};

/** Which drifts to list, the one that began last first. `before` is the sequence at which the page before ended. */
export type DriftFilter = Partial<Pick<DriftRow, 'project' | 'application' | 'cluster'>> & {
  /** Those that last, or those that ended; both where it is left out. */
  readonly open?: boolean;
  readonly before?: number;
  /** Those that had begun by then (RFC 3339); those that last, or that ended, are those of then. */
  readonly at?: string;
  readonly limit: number;
};

export const driftView = defineView<DriftRow>('drift', {
  project: 'text!',
  application: 'text!',
  cluster: 'text!',
  sequence: 'sequence!',
  index: 'integer!',
  plan: 'text',
  revision: 'text',
  firstSeen: 'instant',
  objects: 'json',
  objectCount: 'integer',
  document: 'text',
  said: 'integer',
  flaps: 'integer',
  correlationId: 'text',
  occurredAt: 'instant',
  recordedAt: 'instant',
  until: 'instant?',
  healedBy: 'text?',
  healedByManager: 'text?',
});

/** One page of drifts. */
export const readDrifts = (
  manager: EntityManager,
  { open, before, at, limit, ...names }: DriftFilter,
): Promise<readonly DriftRow[]> => {
  const common = {
    ...names,
    ...(at !== undefined && { firstSeen: LessThanOrEqual(at) }),
    ...(before !== undefined && { sequence: LessThan(before) }),
  };
  const lasted = [
    { ...common, until: IsNull() },
    ...(at === undefined ? [] : [{ ...common, until: MoreThan(at) }]),
  ];
  const ended = { ...common, until: at === undefined ? Not(IsNull()) : LessThanOrEqual(at) };
  return manager.find(driftView, {
    where: open === undefined ? common : open ? lasted : ended,
    order: { sequence: 'DESC', index: 'DESC' },
    take: limit,
  });
};
