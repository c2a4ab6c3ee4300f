import type { MigrationInterface, QueryRunner } from 'typeorm';

import { counts, given, message, revision, sync } from './0008-replay.js';

const columns = `
ALTER TABLE target_applied ADD COLUMN drift_since timestamptz, ADD COLUMN drift_objects integer,
  ADD COLUMN drift_document text;`;

/**
 * As in {@link Replay1700000000008}, without the tables of drifts, which hold each drift once. Approvals are looked up only
 * where the plan that is wanted is not the one that was applied. The question for one target is passed on to the tables
 * because rows are told apart by the very columns it names.
 */
const targetsAt = `
CREATE OR REPLACE FUNCTION targets_at(at timestamptz)
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
  b.drift_since, b.drift_objects, b.drift_document,
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
CROSS JOIN LATERAL (${counts}) n
CROSS JOIN LATERAL (SELECT ${sync} AS sync,
  CASE WHEN n.outcome_counts OR n.drift_counts THEN greatest(lower(a.during), lower(b.during)) ELSE lower(a.during) END
    AS since,
  ${message} AS message) s
WHERE a.during @> $1
ORDER BY a.project, a.application, a.cluster, a.sequence DESC, a.index DESC, b.sequence DESC, h.sequence DESC,
  c.sequence DESC;
END;`;

/** Drift as it was said by an instant: a drift that is said again as something else was answered as it was said last. */
export class DriftAsOf1700000000009 implements MigrationInterface {
  readonly name = 'DriftAsOf1700000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(columns);
    await runner.query(targetsAt);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
