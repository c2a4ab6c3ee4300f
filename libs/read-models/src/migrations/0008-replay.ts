import type { MigrationInterface, QueryRunner } from 'typeorm';

const columns = `
DROP FUNCTION fleet_state_at;
DROP FUNCTION targets_at;
DROP VIEW sync_history;
DROP FUNCTION sync_of;
ALTER TABLE target ADD COLUMN replay jsonb;
ALTER TABLE target_planned ADD COLUMN replay jsonb;`;

const fleetState = `
CREATE OR REPLACE VIEW fleet_state AS
SELECT t.project, t.application, t.cluster, t.revision, t.desired_revision, t.plan, t.mode,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE t.sync END AS sync,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE t.health END AS health,
  CASE WHEN c.state = 'Lost' THEN greatest(c.since, t.since) ELSE t.since END AS since,
  CASE WHEN c.state = 'Lost' THEN c.reason ELSE coalesce(t.message, t.health_message) END AS message,
  t.repository, t.rollout, t.applied_plan, t.health_plan, t.occurred_at, t.recorded_at, t.replay
FROM target t LEFT JOIN cluster c ON c.cluster = t.cluster;`;

/** As in {@link AsOf1700000000006}; what is at rest and runs something of the record is held by that. */
const words = `
CREATE FUNCTION sync_of(intent text, outcome text, outcome_counts boolean, drift_counts boolean, replays boolean) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN (CASE WHEN outcome_counts THEN outcome ELSE intent END) = 'InSync'
  THEN CASE WHEN drift_counts THEN 'Drifted' WHEN replays THEN 'Held' ELSE 'InSync' END
  WHEN outcome_counts THEN outcome ELSE intent END;`;

/** The word of a target's sync, its message, and the revision that it is at. */
export const sync = 'sync_of(a.intent, b.outcome, n.outcome_counts, n.drift_counts, a.replay IS NOT NULL)';

export const message = `CASE ${sync} WHEN 'Drifted' THEN b.drift_message
    ELSE CASE WHEN (CASE WHEN n.outcome_counts THEN b.outcome ELSE a.intent END) = 'InSync' AND a.replay IS NOT NULL
      THEN a.replay ->> 'sentence' WHEN n.outcome_counts THEN b.outcome_message ELSE a.message END END`;

export const revision = `CASE WHEN a.found_sequence > coalesce(b.applied_sequence, 0) THEN a.found_revision ELSE b.revision END`;

/** What the applier says counts where it was said after what the planner says. */
export const counts = `
  SELECT coalesce(b.outcome_of = a.plan AND b.outcome_sequence > a.sequence, false) AS outcome_counts,
    b.drift_sequence > a.sequence
      AND NOT coalesce(b.outcome_of = a.plan AND b.outcome_sequence > b.drift_sequence, false) AS drift_counts`;

/** The columns of the fleet as of an instant. */
export const given = `RETURNS TABLE (project text, application text, cluster text, revision text, desired_revision text, plan text, mode text,
  sync text, health text, since timestamptz, message text, repository text, rollout text, approved_by text,
  applied_plan text, applied_approved_by text, manifests text, health_plan text, drift_since timestamptz,
  drift_objects integer, drift_document text, occurred_at timestamptz, recorded_at timestamptz, not_yet_known boolean,
  replay jsonb)`;

/**
 * As in {@link AsOf1700000000006}: approvals are looked up only where the plan that is wanted is not the one that was
 * applied. The question for one target is passed on to the tables because rows are told apart by the very columns it names.
 */
const targetsAt = `
CREATE FUNCTION targets_at(at timestamptz)
${given}
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT DISTINCT ON (a.project, a.application, a.cluster)
  a.project, a.application, a.cluster, ${revision}, a.desired_revision, a.plan, a.mode,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE s.sync END,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE coalesce(h.health, 'Unknown') END,
  CASE WHEN c.state = 'Lost' THEN greatest(lower(c.during), s.since, lower(h.during))
    ELSE greatest(s.since, lower(h.during)) END,
  CASE WHEN c.state = 'Lost' THEN c.reason ELSE coalesce(s.message, h.health_message) END,
  a.repository, a.rollout, a.approved_by, b.applied_plan,
  CASE WHEN a.plan = b.applied_plan THEN coalesce(a.approved_by, g.decided_by) ELSE g.decided_by END, b.manifests,
  h.health_plan,
  d.first_seen, d.object_count, d.document,
  greatest(a.occurred_at, b.occurred_at, h.occurred_at), greatest(a.recorded_at, b.recorded_at, h.recorded_at),
  greatest(a.recorded_at, b.recorded_at, h.recorded_at, c.recorded_at) > $1, a.replay
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
CROSS JOIN LATERAL (SELECT ${sync} AS sync,
  CASE WHEN n.outcome_counts OR n.drift_counts THEN greatest(lower(a.during), lower(b.during)) ELSE lower(a.during) END
    AS since,
  ${message} AS message) s
WHERE a.during @> $1
ORDER BY a.project, a.application, a.cluster, a.sequence DESC, a.index DESC, b.sequence DESC, h.sequence DESC,
  c.sequence DESC, d.first_seen DESC;
END;`;

const fleetStateAt = `
CREATE FUNCTION fleet_state_at(at timestamptz)
${given}
LANGUAGE sql STABLE SECURITY DEFINER BEGIN ATOMIC
SELECT * FROM targets_at($1);
END;`;

const histories = `
CREATE VIEW sync_history AS
SELECT a.project, a.application, a.cluster, ${sync} AS sync,
  ${revision} AS revision, a.desired_revision, a.plan,
  ${message} AS message,
  a.during * b.during AS during, greatest(a.occurred_at, b.occurred_at) AS occurred_at,
  greatest(a.recorded_at, b.recorded_at) AS recorded_at
FROM target_planned a
JOIN target_applied b ON (b.cluster, b.project, b.application) = (a.cluster, a.project, a.application)
  AND b.during && a.during
CROSS JOIN LATERAL (${counts}) n;`;

const descriptions = `
COMMENT ON FUNCTION fleet_state_at IS 'Every target as it was at an instant, by what had happened by then. not_yet_known: part of it was recorded later, and nobody could know it yet.';
COMMENT ON FUNCTION targets_at IS 'What fleet_state_at gives, for whoever may read the tables; no part of the interface.';
COMMENT ON FUNCTION sync_of IS 'The word of sync out of what planner and applier say of a target; a replay holds what is at rest.';
COMMENT ON VIEW sync_history IS 'Sync of each target as spans of when it happened; the last one is open.';`;

/** What a target runs of the record in place of what Git wants, now and over time; null where it runs what Git wants. */
export class Replay1700000000008 implements MigrationInterface {
  readonly name = 'Replay1700000000008';

  async up(runner: QueryRunner): Promise<void> {
    const all = [columns, fleetState, words, targetsAt, fleetStateAt, histories, descriptions];
    for (const sql of all) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
