import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a revision came to on a target: all attempts in a row that were made of it, so that healing drift and trying again is
 * no further change. It failed where the cluster refused it, or where its health became Failed within a day.
 */
const changes = `
CREATE VIEW changes AS
WITH attempt AS (
  SELECT d.cluster, d.project, d.application, d.revision, d.plan, d.state, d.started_sequence, d.started_at, d.ended_at,
    d.revision IS DISTINCT FROM lag(d.revision) OVER (PARTITION BY d.cluster, d.project, d.application
      ORDER BY d.started_sequence) AS begins
  FROM deployment d
  WHERE d.state IN ('Succeeded', 'Failed')
), numbered AS (
  SELECT a.*, count(*) FILTER (WHERE a.begins) OVER (PARTITION BY a.cluster, a.project, a.application
    ORDER BY a.started_sequence) AS change
  FROM attempt a
), gathered AS (
  SELECT n.cluster, n.project, n.application, n.revision, min(n.started_at) AS started_at,
    min(n.ended_at) FILTER (WHERE n.state = 'Succeeded') AS applied_at,
    min(n.ended_at) FILTER (WHERE n.state = 'Failed') AS refused_at,
    array_agg(n.plan) AS plans, (array_agg(n.plan ORDER BY n.started_sequence))[1] AS first_plan
  FROM numbered n
  GROUP BY n.cluster, n.project, n.application, n.change, n.revision
)
SELECT g.cluster, g.project, g.application, coalesce(i.spec -> 'labels' ->> 'team', g.project) AS team, g.revision,
  p.rollout, r.committed_at, g.started_at, g.applied_at, live.at AS live_at, failed.at AS failed_at,
  CASE WHEN failed.at IS NULL THEN NULL ELSE restored.at END AS restored_at
FROM gathered g
LEFT JOIN application i ON (i.project, i.application) = (g.project, g.application)
LEFT JOIN plan p ON p.plan = g.first_plan
LEFT JOIN rollout o ON o.rollout = p.rollout
LEFT JOIN LATERAL (SELECT min(r.committed_at) AS committed_at FROM revision r
  WHERE r.revision = g.revision AND r.repository = o.repository) r ON true
LEFT JOIN LATERAL (SELECT min(lower(h.during)) AS at FROM target_health h
  WHERE (h.cluster, h.project, h.application) = (g.cluster, g.project, g.application)
    AND h.health = 'Current' AND h.health_plan = ANY (g.plans)) live ON true
LEFT JOIN LATERAL (SELECT min(lower(h.during)) AS at FROM target_health h
  WHERE (h.cluster, h.project, h.application) = (g.cluster, g.project, g.application)
    AND h.health = 'Failed' AND h.health_plan = ANY (g.plans)
    AND lower(h.during) < g.started_at + interval '1 day') broke ON true
CROSS JOIN LATERAL (SELECT least(g.refused_at, broke.at) AS at) failed
LEFT JOIN LATERAL (SELECT min(lower(h.during)) AS at FROM target_health h
  WHERE (h.cluster, h.project, h.application) = (g.cluster, g.project, g.application)
    AND h.health = 'Current' AND lower(h.during) > failed.at) restored ON true;`;

/**
 * The four figures of DORA for each period. Of a cluster every target's change counts; elsewhere the change of an application is
 * one, on however many clusters: live when it is on all of them, failed where it is on one.
 */
const dora = `
CREATE FUNCTION dora(since timestamptz, until timestamptz, period text, grouped_by text)
RETURNS TABLE (begins timestamptz, name text, deployments bigint, deployments_per_day double precision,
  lead_time_seconds double precision, changes bigint, failed_changes bigint, change_failure_rate double precision,
  time_to_restore_seconds double precision, not_restored bigint)
LANGUAGE sql STABLE SECURITY DEFINER BEGIN ATOMIC
WITH whole AS (
  SELECT c.project, c.application, c.team, c.revision, min(c.committed_at) AS committed_at, min(c.started_at) AS started_at,
    CASE WHEN count(*) = count(c.live_at) THEN max(c.live_at) END AS live_at, min(c.failed_at) AS failed_at,
    CASE WHEN count(c.failed_at) = count(c.restored_at) THEN max(c.restored_at) END AS restored_at,
    CASE WHEN $4 = 'cluster' THEN c.cluster END AS cluster
  FROM changes c
  GROUP BY c.project, c.application, c.team, c.revision, c.rollout, CASE WHEN $4 = 'cluster' THEN c.cluster END
), named AS (
  SELECT w.*, date_trunc($3, w.started_at, 'UTC') AS begins,
    CASE $4 WHEN 'application' THEN w.project || '/' || w.application WHEN 'team' THEN w.team
      WHEN 'cluster' THEN w.cluster ELSE 'all' END AS name
  FROM whole w
  WHERE w.started_at >= $1 AND w.started_at < $2
)
SELECT n.begins, n.name, count(n.live_at),
  count(n.live_at) / greatest(1,
    extract(epoch FROM least(n.begins + (CASE $3 WHEN 'quarter' THEN '3 months' ELSE '1 ' || $3 END)::interval, $2) - greatest(n.begins, $1)) / 86400),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.live_at - n.committed_at)::double precision),
  count(*), count(n.failed_at), count(n.failed_at)::double precision / count(*),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM n.restored_at - n.failed_at)::double precision),
  count(n.failed_at) - count(n.restored_at)
FROM named n
GROUP BY n.begins, n.name
ORDER BY n.begins, n.name;
END;`;

/**
 * A function that is called in its owner's name is planned as a whole. The API asks for single targets and is no reader: it calls
 * what stands behind the function that readers call.
 */
const fleetStateAt = `
ALTER FUNCTION fleet_state_at RENAME TO targets_at;
CREATE FUNCTION fleet_state_at(at timestamptz)
RETURNS TABLE (project text, application text, cluster text, revision text, desired_revision text, plan text, mode text,
  sync text, health text, since timestamptz, message text, repository text, rollout text, approved_by text,
  applied_plan text, applied_approved_by text, manifests text, health_plan text, drift_since timestamptz,
  drift_objects integer, drift_document text, occurred_at timestamptz, recorded_at timestamptz, not_yet_known boolean)
LANGUAGE sql STABLE SECURITY DEFINER BEGIN ATOMIC
SELECT * FROM targets_at($1);
END;`;

const descriptions = `
COMMENT ON VIEW changes IS 'What each revision came to on each target: when it was committed, begun, applied, live (first Current), failed and restored.';
COMMENT ON FUNCTION fleet_state_at IS 'Every target as it was at an instant, by what had happened by then. not_yet_known: part of it was recorded later, and nobody could know it yet.';
COMMENT ON FUNCTION targets_at IS 'What fleet_state_at gives, for whoever may read the tables; no part of the interface.';
COMMENT ON FUNCTION dora IS 'Deployment frequency, lead time from commit to live, change failure rate and time to restore (medians), for each period (day, week, month, quarter or year, in UTC) and application, team, cluster or all.';`;

/** The figures of delivery, over what is there. */
export class Delivery1700000000007 implements MigrationInterface {
  readonly name = 'Delivery1700000000007';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [changes, dora, fleetStateAt, descriptions]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
