import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every drift once, as it was last said, with who ended it; `until` is null while it lasts. The event that said it has all. */
const drift = `
CREATE VIEW drift AS
SELECT d.project, d.application, d.cluster, d.data ->> 'revision' AS revision, d.data ->> 'plan' AS plan,
  (d.data ->> 'firstSeen')::timestamptz AS first_seen, h.occurred_at AS until,
  coalesce((h.data ->> 'lifetimeSeconds')::numeric, extract(epoch FROM now() - (d.data ->> 'firstSeen')::timestamptz))
    AS lifetime_seconds,
  d.data -> 'objects' AS objects, (d.data ->> 'objectCount')::integer AS object_count,
  h.data ->> 'by' AS healed_by, h.data ->> 'manager' AS healed_by_manager, d.correlation_id, d.occurred_at, d.recorded_at
FROM (
  SELECT DISTINCT ON (e.cluster, e.project, e.application, e.data ->> 'firstSeen')
    e.cluster, e.project, e.application, e.correlation_id, e.occurred_at, e.recorded_at, e.data::jsonb AS data
  FROM event e WHERE e.type = 'DriftDetected'
  ORDER BY e.cluster, e.project, e.application, e.data ->> 'firstSeen', e.sequence DESC, e.index DESC
) d
LEFT JOIN LATERAL (
  SELECT e.occurred_at, e.data::jsonb AS data FROM event e
  WHERE e.type = 'DriftHealed' AND (e.cluster, e.project, e.application) = (d.cluster, d.project, d.application)
    AND e.data ->> 'firstSeen' = d.data ->> 'firstSeen'
  ORDER BY e.sequence DESC, e.index DESC LIMIT 1
) h ON true;`;

const description = `COMMENT ON VIEW drift IS 'Every drift of a target: what, by whom, since when, and who ended it.';`;

/** What people ask of drift, in SQL. */
export class DriftView1700000000003 implements MigrationInterface {
  readonly name = 'DriftView1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [drift, description]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
