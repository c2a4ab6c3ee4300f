import type { MigrationInterface, QueryRunner } from 'typeorm';

const facts = `
CREATE TABLE projection (name text PRIMARY KEY, version integer NOT NULL, sequence bigint NOT NULL);
CREATE TABLE unreadable (
  sequence bigint PRIMARY KEY, subject text NOT NULL, reason text NOT NULL, recorded_at timestamptz NOT NULL);

CREATE TABLE event (
  sequence bigint, index integer, type text NOT NULL, subject text NOT NULL, cluster text, project text, application text,
  actor text NOT NULL, correlation_id text NOT NULL, id text NOT NULL, source text NOT NULL, version integer NOT NULL,
  causation_id text, causation_subject text, traceparent text, data json NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (sequence, index));
CREATE INDEX event_type ON event (type, sequence);
CREATE INDEX event_subject ON event (subject text_pattern_ops, sequence);
CREATE INDEX event_application ON event (application, project) WHERE application IS NOT NULL;
CREATE INDEX event_cluster ON event (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX event_correlation ON event (correlation_id, sequence);

CREATE TABLE revision (
  sequence bigint, index integer, repository text NOT NULL, revision text NOT NULL, previous text, message text NOT NULL,
  author text NOT NULL, committer text NOT NULL, committed_at timestamptz NOT NULL, forced boolean NOT NULL,
  reverts jsonb NOT NULL, correlation_id text NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (sequence, index));
CREATE INDEX revision_revision ON revision (revision, repository);
CREATE TABLE configuration (
  sequence bigint, index integer, repository text NOT NULL, revision text NOT NULL, document text, errors jsonb,
  error_count integer NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (sequence, index));
CREATE INDEX configuration_revision ON configuration (revision, repository);
CREATE TABLE approval (
  sequence bigint, index integer, cluster text NOT NULL, project text NOT NULL, application text NOT NULL,
  plan text NOT NULL, revision text NOT NULL, decision text NOT NULL, decided_by text NOT NULL, reason text,
  actor text NOT NULL, correlation_id text NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (sequence, index));
CREATE INDEX approval_plan ON approval (plan);`;

const targets = `
CREATE TABLE target (
  cluster text, project text, application text,
  sync text NOT NULL, revision text, desired_revision text NOT NULL, plan text, message text, mode text NOT NULL,
  health text NOT NULL, health_plan text, health_message text,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
  repository text NOT NULL, rollout text NOT NULL, applied_plan text, since timestamptz NOT NULL,
  sync_sequence bigint NOT NULL, sync_index integer NOT NULL,
  sync_occurred_at timestamptz NOT NULL, sync_recorded_at timestamptz NOT NULL,
  health_sequence bigint NOT NULL, health_index integer NOT NULL,
  health_occurred_at timestamptz NOT NULL, health_recorded_at timestamptz NOT NULL,
  PRIMARY KEY (cluster, project, application));
CREATE INDEX target_application ON target (project, application);
CREATE TABLE target_state (
  cluster text, project text, application text, sequence bigint, index integer,
  sync text NOT NULL, revision text, desired_revision text NOT NULL, plan text, message text, mode text NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, during tstzrange NOT NULL,
  PRIMARY KEY (cluster, project, application, sequence, index));
CREATE INDEX target_state_during ON target_state USING gist (during);
CREATE TABLE target_health (
  cluster text, project text, application text, sequence bigint, index integer,
  health text NOT NULL, health_plan text, health_message text,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, during tstzrange NOT NULL,
  PRIMARY KEY (cluster, project, application, sequence, index));
CREATE INDEX target_health_during ON target_health USING gist (during);

CREATE TABLE cluster (
  cluster text PRIMARY KEY, labels jsonb NOT NULL, applier text NOT NULL, state text NOT NULL,
  kubernetes_version text, reason text,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, since timestamptz NOT NULL,
  state_sequence bigint NOT NULL, state_index integer NOT NULL,
  state_occurred_at timestamptz NOT NULL, state_recorded_at timestamptz NOT NULL);
CREATE TABLE cluster_state (
  cluster text, sequence bigint, index integer, labels jsonb NOT NULL, applier text NOT NULL, state text NOT NULL,
  kubernetes_version text, reason text,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, during tstzrange NOT NULL,
  PRIMARY KEY (cluster, sequence, index));
CREATE INDEX cluster_state_during ON cluster_state USING gist (during);`;

const things = `
CREATE TABLE repository (
  repository text PRIMARY KEY, url text NOT NULL, ref jsonb NOT NULL, paths jsonb NOT NULL, include jsonb NOT NULL,
  poll_seconds integer NOT NULL, revision text, message text, failure jsonb, configuration jsonb,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL);

CREATE TABLE application (
  project text, application text, repository text NOT NULL, spec jsonb NOT NULL, declared_revision text NOT NULL,
  retired boolean NOT NULL, rollout text,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (project, application));
CREATE TABLE rollout (
  rollout text PRIMARY KEY, project text NOT NULL, application text NOT NULL, repository text NOT NULL,
  revision text NOT NULL, reason text NOT NULL, state text NOT NULL, halted_by jsonb, waves jsonb NOT NULL,
  waves_opened integer NOT NULL, waves_completed integer NOT NULL, correlation_id text NOT NULL,
  started_sequence bigint NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL);
CREATE INDEX rollout_application ON rollout (project, application, started_sequence);

CREATE TABLE plan (
  plan text PRIMARY KEY, cluster text NOT NULL, project text NOT NULL, application text NOT NULL, change text NOT NULL,
  rollout text NOT NULL, revision text NOT NULL, state text NOT NULL, document text NOT NULL, actions jsonb NOT NULL,
  certainties jsonb NOT NULL, predicted boolean NOT NULL, needs jsonb NOT NULL, refused jsonb NOT NULL,
  correlation_id text NOT NULL, drafted_sequence bigint NOT NULL, drafted_at timestamptz NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL);
CREATE INDEX plan_application ON plan (project, application, drafted_sequence);
CREATE INDEX plan_drafted ON plan (drafted_sequence);
CREATE INDEX plan_prefix ON plan (plan text_pattern_ops);

CREATE TABLE deployment (
  attempt text, cluster text, project text, application text, plan text NOT NULL, revision text NOT NULL,
  state text NOT NULL, reason text, outcomes jsonb NOT NULL, correlation_id text NOT NULL,
  started_sequence bigint NOT NULL, started_at timestamptz NOT NULL, ended_at timestamptz,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL,
  PRIMARY KEY (attempt, cluster, project, application));
CREATE INDEX deployment_application ON deployment (project, application, started_sequence);

CREATE TABLE service (
  subject text PRIMARY KEY, service text NOT NULL, version text NOT NULL, configuration text NOT NULL, recipient text,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL);
CREATE TABLE parked (
  service text, reaction text, subject text, position text NOT NULL, attempts integer NOT NULL, reason text NOT NULL,
  occurred_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, PRIMARY KEY (service, reaction, subject));`;

/** Nobody asks for a whole document, and sorting samples of them is most of what statistics cost. */
const unsampled = `
ALTER TABLE revision ALTER reverts SET STATISTICS 0;
ALTER TABLE configuration ALTER errors SET STATISTICS 0;
ALTER TABLE cluster_state ALTER labels SET STATISTICS 0;
ALTER TABLE rollout ALTER halted_by SET STATISTICS 0, ALTER waves SET STATISTICS 0;
ALTER TABLE plan ALTER actions SET STATISTICS 0, ALTER certainties SET STATISTICS 0, ALTER needs SET STATISTICS 0,
  ALTER refused SET STATISTICS 0;
ALTER TABLE deployment ALTER outcomes SET STATISTICS 0;`;

/** The tables that projections write. They lie in whatever schema the connection's search path names. */
export class Tables1700000000001 implements MigrationInterface {
  readonly name = 'Tables1700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const sql of [facts, targets, things, unsampled]) await runner.query(sql);
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error('views are not migrated down: drop the schema, and they come back from the log'),
    );
  }
}
