import type { EntityManager } from 'typeorm';

import type { FleetStateRow } from './fleet-state.js';

/** A target as it was at an instant, by what had happened by then: a row of the SQL function `fleet_state_at`. */
export type FleetStateAtRow = FleetStateRow & {
  /** By whom the wanted plan was approved, and the applied one: a rule or a person as an id. */
  readonly approvedBy: string | null;
  readonly appliedApprovedBy: string | null;
  /** The blob of the manifests that were applied last. */
  readonly manifests: string | null;
  readonly driftSince: string | null;
  readonly driftObjects: number | null;
  /** The blob that holds all of the drift, as it was said last. */
  readonly driftDocument: string | null;
  /** Part of it was recorded later than the instant: nobody could know it yet. */
  readonly notYetKnown: boolean;
};

/** Which targets: all where nothing is given. */
export type TargetFilter = {
  readonly project?: string;
  readonly application?: string;
  readonly cluster?: string;
};

const columns: Readonly<Record<keyof FleetStateAtRow, string>> = {
  project: 'project', application: 'application', cluster: 'cluster', revision: 'revision',
  desiredRevision: 'desired_revision', plan: 'plan', mode: 'mode', sync: 'sync', health: 'health', since: 'since',
  message: 'message', repository: 'repository', rollout: 'rollout', approvedBy: 'approved_by', appliedPlan: 'applied_plan',
  appliedApprovedBy: 'applied_approved_by', manifests: 'manifests', healthPlan: 'health_plan', driftSince: 'drift_since',
  driftObjects: 'drift_objects', driftDocument: 'drift_document', occurredAt: 'occurred_at', recordedAt: 'recorded_at',
  notYetKnown: 'not_yet_known', replay: 'replay',
}; // prettier-ignore
const instants: ReadonlySet<string> = new Set(['since', 'driftSince', 'occurredAt', 'recordedAt']);

/** Instants are written out by Postgres: that of a thousand targets took twice as long here. */
const selected = Object.entries(columns)
  .map(([property, column]) =>
    instants.has(property)
      ? `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "${property}"`
      : `${column} AS "${property}"`,
  )
  .join(', ');

/** Every target as it was at an instant (RFC 3339), in the order of their names. */
export const readFleetAt = (
  manager: EntityManager,
  at: string,
  filter: TargetFilter,
): Promise<readonly FleetStateAtRow[]> => {
  const given = Object.entries<string | undefined>(filter).filter(([, value]) => value !== undefined);
  const where = given.map(([name], index) => `${name} = $${index + 2}`).join(' AND ');
  const sql = `SELECT ${selected} FROM targets_at($1)${where === '' ? '' : ` WHERE ${where}`}
    ORDER BY project, application, cluster`;
  return manager.query<FleetStateAtRow[]>(sql, [at, ...given.map(([, value]) => value)]);
};
