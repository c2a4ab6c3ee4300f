import type { MigrationInterface, QueryRunner } from 'typeorm';

const columns = `
  cluster text, project text, application text, sequence bigint, index integer,
  plan text NOT NULL, revision text NOT NULL, first_seen timestamptz NOT NULL, objects jsonb NOT NULL,
  object_count integer NOT NULL, document text NOT NULL, said integer NOT NULL, flaps integer NOT NULL,
  correlation_id text NOT NULL, occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL`;

const tables = `
DROP VIEW drift;
CREATE TABLE open_drift (${columns},
  PRIMARY KEY (cluster, project, application));
CREATE TABLE past_drift (${columns},
  until timestamptz NOT NULL, ended_by text NOT NULL, manager text,
  PRIMARY KEY (cluster, project, application, sequence, index));
CREATE INDEX past_drift_sequence ON past_drift (sequence, index);
CREATE INDEX past_drift_application ON past_drift (project, application, sequence, index);`;

const both = `project, application, cluster, revision, plan, first_seen, objects, object_count, document, said, flaps,
  correlation_id, sequence, index, occurred_at, recorded_at`;

/** Every drift once, as it was last said, with who ended it; `until` is null while it lasts. */
const view = `
CREATE VIEW drift AS
SELECT ${both}, NULL::timestamptz AS until, NULL::text AS healed_by, NULL::text AS healed_by_manager,
  greatest(0, extract(epoch FROM now() - first_seen)) AS lifetime_seconds
FROM open_drift
UNION ALL
SELECT ${both}, until, ended_by, manager, extract(epoch FROM until - first_seen)
FROM past_drift;
COMMENT ON VIEW drift IS 'Every drift of a target: what, by whom, since when, and who ended it; until is null while it lasts.';`;

/** Drifts as rows of their own, so that the open ones are found without looking through the history. */
export class Drifts1700000000005 implements MigrationInterface {
  readonly name = 'Drifts1700000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [tables, view]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
