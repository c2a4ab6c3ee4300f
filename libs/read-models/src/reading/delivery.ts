import type { EntityManager } from 'typeorm';

/** For how long figures are gathered, by the calendar of UTC. */
export const deliveryPeriods = ['day', 'week', 'month', 'quarter', 'year'] as const;
/** Of what figures are told apart. */
export const deliveryGroups = ['all', 'application', 'team', 'cluster'] as const;

/** Which figures: of changes that began from `since` on and before `until` (RFC 3339). */
export type DeliveryFilter = {
  readonly since: string;
  readonly until: string;
  readonly period: (typeof deliveryPeriods)[number];
  readonly by: (typeof deliveryGroups)[number];
};

/** A row of the SQL function `dora`; times are medians in seconds, null where there is none. */
export type DeliveryRow = {
  readonly begins: string;
  readonly name: string;
  readonly deployments: number;
  readonly deploymentsPerDay: number;
  readonly leadTimeSeconds: number | null;
  readonly changes: number;
  readonly failedChanges: number;
  readonly changeFailureRate: number;
  readonly timeToRestoreSeconds: number | null;
  readonly notRestored: number;
};

type Stored = Omit<DeliveryRow, 'begins'> & { readonly begins: Date };

/** The four figures of delivery, in the order of time and name. */
export const readDelivery = async (
  manager: EntityManager,
  { since, until, period, by }: DeliveryFilter,
): Promise<readonly DeliveryRow[]> => {
  const sql = `SELECT begins, name, deployments::int AS deployments, deployments_per_day AS "deploymentsPerDay",
      lead_time_seconds AS "leadTimeSeconds", changes::int AS changes, failed_changes::int AS "failedChanges",
      change_failure_rate AS "changeFailureRate", time_to_restore_seconds AS "timeToRestoreSeconds",
      not_restored::int AS "notRestored"
    FROM dora($1, $2, $3, $4) ORDER BY begins, name`;
  const rows = await manager.query<Stored[]>(sql, [since, until, period, by]);
  return rows.map((row) => ({ ...row, begins: row.begins.toISOString() }));
};
