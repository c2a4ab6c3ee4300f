import type { MigrationInterface, QueryRunner } from 'typeorm';

/** While a cluster is out of reach nothing is known of its targets; when it is back, what was known is true again. */
const fleetState = `
CREATE VIEW fleet_state AS
SELECT t.project, t.application, t.cluster, t.revision, t.desired_revision, t.plan, t.mode,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE t.sync END AS sync,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE t.health END AS health,
  CASE WHEN c.state = 'Lost' THEN greatest(c.since, t.since) ELSE t.since END AS since,
  CASE WHEN c.state = 'Lost' THEN c.reason ELSE coalesce(t.message, t.health_message) END AS message,
  t.repository, t.rollout, t.applied_plan, t.health_plan, t.occurred_at, t.recorded_at
FROM target t LEFT JOIN cluster c ON c.cluster = t.cluster;

CREATE FUNCTION fleet_state_at(at timestamptz)
RETURNS TABLE (project text, application text, cluster text, revision text, desired_revision text, plan text, mode text,
  sync text, health text, message text)
LANGUAGE sql STABLE BEGIN ATOMIC
SELECT s.project, s.application, s.cluster, s.revision, s.desired_revision, s.plan, s.mode,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE s.sync END,
  CASE WHEN c.state = 'Lost' THEN 'Unknown' ELSE h.health END,
  CASE WHEN c.state = 'Lost' THEN c.reason ELSE coalesce(s.message, h.health_message) END
FROM target_state s
LEFT JOIN target_health h ON h.during @> $1
  AND (h.cluster, h.project, h.application) = (s.cluster, s.project, s.application)
LEFT JOIN cluster_state c ON c.during @> $1 AND c.cluster = s.cluster
WHERE s.during @> $1;
END;`;

const histories = `
CREATE VIEW deployments AS
SELECT d.started_at, d.ended_at, d.project, d.application, d.cluster, d.revision, d.plan, d.attempt, d.state, d.reason,
  d.outcomes, p.actions AS planned, a.decided_by AS approved_by, r.message AS commit_message, r.author AS commit_author,
  d.correlation_id, d.occurred_at, d.recorded_at
FROM deployment d
LEFT JOIN plan p ON p.plan = d.plan
LEFT JOIN LATERAL (SELECT decided_by FROM approval a WHERE a.plan = d.plan AND a.decision = 'grant'
  ORDER BY a.sequence DESC, a.index DESC LIMIT 1) a ON true
LEFT JOIN rollout o ON o.rollout = p.rollout
LEFT JOIN LATERAL (SELECT message, author FROM revision r WHERE r.revision = d.revision AND r.repository = o.repository
  ORDER BY r.sequence DESC LIMIT 1) r ON true;

CREATE VIEW approvals AS
SELECT a.sequence || '.' || a.index AS position, a.occurred_at, a.recorded_at, a.project, a.application, a.cluster,
  a.revision, a.plan, a.decision, a.decided_by, a.reason, a.actor, a.correlation_id
FROM approval a;

CREATE VIEW audit AS
SELECT e.sequence || '.' || e.index AS position, e.occurred_at, e.recorded_at, e.actor, e.type, e.subject, e.project,
  e.application, e.cluster, e.correlation_id, e.data
FROM event e;

CREATE VIEW health_history AS
SELECT h.project, h.application, h.cluster, h.health, h.health_plan AS plan, h.health_message AS message, h.during,
  h.occurred_at, h.recorded_at
FROM target_health h;

CREATE VIEW sync_history AS
SELECT s.project, s.application, s.cluster, s.sync, s.revision, s.desired_revision, s.plan, s.message, s.during,
  s.occurred_at, s.recorded_at
FROM target_state s;`;

const descriptions = `
COMMENT ON VIEW fleet_state IS 'Every target as it is now: one application on one cluster.';
COMMENT ON FUNCTION fleet_state_at IS 'Every target as it was at an instant of the log''s clock.';
COMMENT ON VIEW deployments IS 'Every attempt to carry out a plan: what ran where, when, why and who allowed it.';
COMMENT ON VIEW approvals IS 'Every grant and rejection of a plan, by rule or by person (as an id).';
COMMENT ON VIEW audit IS 'Every event: who did what to which thing, when it happened and when it was recorded.';
COMMENT ON VIEW health_history IS 'Health of each target as spans of the log''s clock; the last one is open.';
COMMENT ON VIEW sync_history IS 'Sync of each target as spans of the log''s clock; the last one is open.';`;

/** The stable views, which people may build upon. */
export class SqlViews1700000000002 implements MigrationInterface {
  readonly name = 'SqlViews1700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [fleetState, histories, descriptions]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
