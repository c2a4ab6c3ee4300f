import type { EntityManager } from 'typeorm';

/** An attempt to carry out a plan that was to change something, with the commit behind it. */
export type RecentChange = {
  readonly project: string;
  readonly application: string;
  readonly cluster: string;
  readonly namespace: string | null;
  readonly plan: string;
  /** The blob of the plan. */
  readonly document: string;
  readonly revision: string;
  readonly state: string;
  readonly startedAt: string;
  readonly approvedBy: string | null;
  readonly commitMessage: string | null;
  readonly commitAuthor: string | null;
};

/** Which changes: of one cluster, begun between two instants (RFC 3339). */
export type RecentChangesFilter = {
  readonly cluster: string;
  readonly since: string;
  readonly until: string;
  readonly limit: number;
};

type Stored = Omit<RecentChange, 'startedAt'> & { readonly startedAt: Date };

/** The changes of a cluster, the one that began last first. */
export const readRecentChanges = async (
  manager: EntityManager,
  { cluster, since, until, limit }: RecentChangesFilter,
): Promise<readonly RecentChange[]> => {
  const sql = `SELECT d.project, d.application, d.cluster, i.spec ->> 'namespace' AS namespace, d.plan, p.document,
      d.revision, d.state, d.started_at AS "startedAt", d.approved_by AS "approvedBy",
      d.commit_message AS "commitMessage", d.commit_author AS "commitAuthor"
    FROM deployments d
    JOIN plan p ON p.plan = d.plan
    LEFT JOIN application i ON (i.project, i.application) = (d.project, d.application)
    WHERE d.cluster = $1 AND d.started_at >= $2 AND d.started_at <= $3
      AND EXISTS (SELECT FROM jsonb_each_text(p.actions) a WHERE a.key <> 'unchanged' AND a.value <> '0')
    ORDER BY d.started_at DESC, d.attempt LIMIT $4`;
  const rows = await manager.query<Stored[]>(sql, [cluster, since, until, limit]);
  return rows.map((row) => ({ ...row, startedAt: row.startedAt.toISOString() }));
};

/** What was said last of a target's health: the data of `HealthTransitioned`; undefined where nothing was. */
export const readHealthSaid = async (
  manager: EntityManager,
  target: { readonly cluster: string; readonly project: string; readonly application: string },
): Promise<unknown> => {
  const sql = `SELECT data FROM event WHERE type = 'HealthTransitioned' AND cluster = $1 AND project = $2 AND application = $3
    ORDER BY sequence DESC, index DESC LIMIT 1`;
  const [row] = await manager.query<{ readonly data: unknown }[]>(sql, [
    target.cluster,
    target.project,
    target.application,
  ]);
  return row?.data;
};
