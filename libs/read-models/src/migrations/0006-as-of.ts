import type { MigrationInterface, QueryRunner } from 'typeorm';

const key = 'cluster text, project text, application text, sequence bigint, index integer';
const rest = `occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, during tstzrange NOT NULL,
  PRIMARY KEY (cluster, project, application, sequence, index)`;

const tables = `
DROP FUNCTION fleet_state_at;
DROP VIEW sync_history;
DROP TABLE target_state;
CREATE TABLE target_planned (${key},
  intent text NOT NULL, desired_revision text NOT NULL, plan text, approved_by text, message text, mode text NOT NULL,
  rollout text NOT NULL, repository text NOT NULL, found_revision text, found_sequence bigint NOT NULL, ${rest});
CREATE INDEX target_planned_during ON target_planned USING gist (during);
CREATE TABLE target_applied (${key},
  revision text, applied_plan text, applied_sequence bigint NOT NULL, manifests text, outcome text, outcome_of text, outcome_message text,
  outcome_sequence bigint NOT NULL, drift_message text, drift_sequence bigint NOT NULL, ${rest});
CREATE INDEX target_applied_during ON target_applied USING gist (during);
CREATE INDEX past_drift_during ON past_drift USING gist (tstzrange(first_seen, until));
ALTER TABLE target DROP COLUMN sync_sequence, DROP COLUMN sync_index, DROP COLUMN sync_occurred_at,
  DROP COLUMN sync_recorded_at, DROP COLUMN health_sequence, DROP COLUMN health_index, DROP COLUMN health_occurred_at,
  DROP COLUMN health_recorded_at, ADD COLUMN open_planned jsonb NOT NULL, ADD COLUMN open_applied jsonb NOT NULL,
  ADD COLUMN open_health jsonb NOT NULL;
ALTER TABLE target ALTER open_planned SET STATISTICS 0, ALTER open_applied SET STATISTICS 0,
  ALTER open_health SET STATISTICS 0;
ALTER TABLE cluster DROP COLUMN state_sequence, DROP COLUMN state_index, DROP COLUMN state_occurred_at,
  DROP COLUMN state_recorded_at, ADD COLUMN open jsonb NOT NULL;`;

/**
 * The word of sync out of what planner and applier say: what the applier says of the plan that is wanted counts where it
 * was said after what the planner says, and drift where what it is told of is at rest.
 */
const words = `
CREATE FUNCTION sync_of(intent text, outcome text, outcome_counts boolean, drift_counts boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN (CASE WHEN outcome_counts THEN outcome ELSE intent END) = 'InSync' AND drift_counts THEN 'Drifted'
  WHEN outcome_counts THEN outcome ELSE intent END;`;

const revision = `CASE WHEN a.found_sequence > coalesce(b.applied_sequence, 0) THEN a.found_revision ELSE b.revision END`;

const counts = `
  SELECT coalesce(b.outcome_of = a.plan AND b.outcome_sequence > a.sequence, false) AS outcome_counts,
    b.drift_sequence > a.sequence
      AND NOT coalesce(b.outcome_of = a.plan AND b.outcome_sequence > b.drift_sequence, false) AS drift_counts`;

/**
 * Approvals are looked up where the plan that is wanted is not the one that was applied. A target that was released and came back while a clock was set back is there
 * once: as it was said last.
 */
const fleetStateAt = `
CREATE FUNCTION fleet_state_at(at timestamptz)
RETURNS TABLE (project text, application text, cluster text, revision text, desired_revision text, plan text, mode text,
  sync text, health text, since timestamptz, message text, repository text, rollout text, approved_by text,
  applied_plan text, applied_approved_by text, manifests text, health_plan text, drift_since timestamptz,
  drift_objects integer, drift_document text, occurred_at timestamptz, recorded_at timestamptz, not_yet_known boolean)
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT DISTINCT ON (a.project, a.application, a.cluster)
  a.project, a.application, a.cluster, ${revision}, a.desired_revision, a.plan, a.mode,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE s.sync END,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE coalesce(h.health, 'Unknown') END,
  CASE WHEN c.state = 'Lost' THEN greatest(lower(c.during), s.since, lower(h.during))
    ELSE greatest(s.since, lower(h.during)) END,
  CASE WHEN c.state = 'Lost' THEN c.reason ELSE coalesce(s.message, h.health_message) END,
  a.repository, a.rollout, a.approved_by, b.applied_plan,
  CASE WHEN a.plan = b.applied_plan THEN coalesce(a.approved_by, g.decided_by) ELSE g.decided_by END, b.manifests, h.health_plan,
  d.first_seen, d.object_count, d.document,
  greatest(a.occurred_at, b.occurred_at, h.occurred_at), greatest(a.recorded_at, b.recorded_at, h.recorded_at),
  greatest(a.recorded_at, b.recorded_at, h.recorded_at, c.recorded_at) > $1
FROM target_planned a
LEFT JOIN target_applied b ON b.during @> $1
  AND (b.cluster, b.project, b.application) = (a.cluster, a.project, a.application)
LEFT JOIN target_health h ON h.during @> $1
  AND (h.cluster, h.project, h.application) = (a.cluster, a.project, a.application)
LEFT JOIN cluster_state c ON c.during @> $1 AND c.cluster = a.cluster
LEFT JOIN LATERAL (SELECT decided_by FROM approval WHERE approval.plan = b.applied_plan AND decision = 'grant'
  AND (a.approved_by IS NULL OR a.plan IS DISTINCT FROM b.applied_plan)
  ORDER BY approval.sequence DESC, approval.index DESC LIMIT 1) g ON true
LEFT JOIN (
  SELECT o.cluster, o.project, o.application, o.first_seen, o.object_count, o.document FROM open_drift o
  WHERE o.first_seen <= $1
  UNION ALL
  SELECT p.cluster, p.project, p.application, p.first_seen, p.object_count, p.document FROM past_drift p
  WHERE tstzrange(p.first_seen, p.until) @> $1
) d ON (d.cluster, d.project, d.application) = (a.cluster, a.project, a.application)
CROSS JOIN LATERAL (${counts}) n
CROSS JOIN LATERAL (SELECT sync_of(a.intent, b.outcome, n.outcome_counts, n.drift_counts) AS sync,
  CASE WHEN n.outcome_counts OR n.drift_counts THEN greatest(lower(a.during), lower(b.during)) ELSE lower(a.during) END
    AS since,
  CASE WHEN sync_of(a.intent, b.outcome, n.outcome_counts, n.drift_counts) = 'Drifted' THEN b.drift_message
    WHEN n.outcome_counts THEN b.outcome_message ELSE a.message END AS message) s
WHERE a.during @> $1
ORDER BY a.project, a.application, a.cluster, a.sequence DESC, a.index DESC, b.sequence DESC, h.sequence DESC,
  c.sequence DESC, d.first_seen DESC;
END;`;

const histories = `
CREATE VIEW sync_history AS
SELECT a.project, a.application, a.cluster, sync_of(a.intent, b.outcome, n.outcome_counts, n.drift_counts) AS sync,
  ${revision} AS revision, a.desired_revision, a.plan,
  CASE WHEN sync_of(a.intent, b.outcome, n.outcome_counts, n.drift_counts) = 'Drifted' THEN b.drift_message
    WHEN n.outcome_counts THEN b.outcome_message ELSE a.message END AS message,
  a.during * b.during AS during, greatest(a.occurred_at, b.occurred_at) AS occurred_at,
  greatest(a.recorded_at, b.recorded_at) AS recorded_at
FROM target_planned a
JOIN target_applied b ON (b.cluster, b.project, b.application) = (a.cluster, a.project, a.application)
  AND b.during && a.during
CROSS JOIN LATERAL (${counts}) n;`;

const descriptions = `
COMMENT ON FUNCTION fleet_state_at IS 'Every target as it was at an instant, by what had happened by then. not_yet_known: part of it was recorded later, and nobody could know it yet.';
COMMENT ON FUNCTION sync_of IS 'The word of sync out of what planner and applier say of a target.';
COMMENT ON VIEW health_history IS 'Health of each target as spans of when it happened; the last one is open.';
COMMENT ON VIEW sync_history IS 'Sync of each target as spans of when it happened; the last one is open.';`;

/**
 * What planner and applier say of a target as two histories, each by when it happened: what an applier says late, because
 * it was cut off, takes the place in time at which it happened, whatever the planner said meanwhile.
 */
export class AsOf1700000000006 implements MigrationInterface {
  readonly name = 'AsOf1700000000006';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [tables, words, fleetStateAt, histories, descriptions]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
