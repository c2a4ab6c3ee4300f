import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { subjects } from '@syncline/events';
import { eventually, startPostgresServer, story, type TestPostgres } from '@syncline/testkit';

import { openPool } from '../projecting/database.js';
import { migrate } from '../projecting/rebuild.js';
import { projectBatch } from '../projecting/store.js';
import { viewsSchema } from '../reading/data-source.js';
import { Views } from '../reading/views.js';

const { drifted, undrifted } = story;
const began = '2026-05-04T14:00:00.000Z';
const later = '2026-05-04T15:00:00.000Z';

describe('the drift of targets, in Postgres', () => {
  let postgres: TestPostgres;
  let pool: Pool;
  let views: Views;
  let sequence = 0;

  beforeAll(async () => {
    postgres = await startPostgresServer();
    pool = openPool(postgres.url);
    views = new Views(postgres.url);
    const made = () => migrate(pool, postgres.url, viewsSchema).then(() => true);
    await eventually(made, 30_000, 'Postgres takes connections');
  });
  beforeEach(() => pool.query(`TRUNCATE ${viewsSchema}.open_drift, ${viewsSchema}.past_drift`));
  afterAll(async () => {
    await views.close();
    await pool.end();
    await postgres.stop();
  });

  const project = async (...decisions: readonly story.Decision[]) => {
    const entries = decisions.map((one) => story.entryOf(one, (sequence += 1)));
    await projectBatch(pool, viewsSchema, entries);
  };
  const rows = async () =>
    (await pool.query<Record<string, unknown>>(`SELECT * FROM ${viewsSchema}.drift ORDER BY sequence`)).rows;

  it('is one row however often it is said, as it was said last, open until somebody ends it', async () => {
    await project(drifted(3), drifted(4, { flaps: 2 }));
    await project(drifted(5, { flaps: 1 }));
    const [row, ...more] = await rows();
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      application: 'checkout',
      cluster: 'prod-eu',
      plan: story.planA,
      said: 3,
      flaps: 3,
      until: null,
    });
    expect(row).toMatchObject({
      objects: [{ fields: [{ to: 5 }] }],
      object_count: 1,
      healed_by: null,
      first_seen: began,
    });
    expect(Number(row?.lifetime_seconds)).toBeGreaterThan(60);
  });

  it('says who ended it, when and after how long, and the next one is another row', async () => {
    await project(drifted(3), undrifted('cluster', {}, { manager: 'kubectl-edit' }));
    await project(drifted(9, { firstSeen: later }));
    const [first, second, ...more] = await rows();
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      until: '2026-05-04T14:00:04.500Z',
      lifetime_seconds: '4.500000',
      healed_by: 'cluster',
      healed_by_manager: 'kubectl-edit',
    });
    expect(second).toMatchObject({ until: null, first_seen: later });
  });

  it('ends where the target is released, and what is said of its end after that changes nothing', async () => {
    await project(drifted(3));
    const data = { reason: 'retired', revision: story.revisionA };
    const subject = subjects.plan('prod-eu', 'default', 'checkout');
    await project({ subject, events: [{ type: 'TargetReleased', data }] }, undrifted('cluster'));
    expect(await rows()).toMatchObject([{ healed_by: 'released', healed_by_manager: null }]);
  });

  it('ends though the log says that it lasted for ever', async () => {
    await project(drifted(3), undrifted('heal', {}, { lifetimeSeconds: 1e300 }));
    expect(await rows()).toMatchObject([{ healed_by: 'heal' }]);
  });

  it('is listed the newest first, by application, by cluster, the open ones alone, and page by page', async () => {
    const of = (application: string, cluster: string): story.DriftOf => ({ application, cluster });
    await project(drifted(3, of('a', 'one')), drifted(3, of('b', 'one')), drifted(3, of('a', 'two')));
    await project(undrifted('heal', of('a', 'one')));
    const listed = async (filter: object) =>
      (await views.drifts({ limit: 10, ...filter })).map((row) => `${row.application} ${row.cluster}`);
    expect(await listed({})).toEqual(['a two', 'b one', 'a one']);
    expect(await listed({ application: 'a' })).toEqual(['a two', 'a one']);
    expect(await listed({ cluster: 'one', open: true })).toEqual(['b one']);
    const [newest] = await views.drifts({ limit: 1 });
    expect(await listed({ before: newest?.sequence })).toEqual(['b one', 'a one']);
  });

  it('is answered as of an instant: what ended later lasted then', async () => {
    await project(drifted(3), undrifted('heal'), drifted(9, { firstSeen: later }));
    const asOf = async (at: string, open: boolean) =>
      (await views.drifts({ limit: 5, at, open })).map(({ firstSeen }) => firstSeen);
    expect(await asOf('2026-05-04T13:59:59.000Z', true)).toEqual([]);
    expect(await asOf(began, true)).toEqual([began]);
    expect(await asOf('2026-05-04T14:00:04.499Z', true)).toEqual([began]);
    expect(await asOf('2026-05-04T14:00:04.500Z', true)).toEqual([]);
    expect(await asOf('2026-05-04T14:00:04.500Z', false)).toEqual([began]);
    expect(await asOf(later, true)).toEqual([later]);
  });

  it('is found by an index, open or ended', async () => {
    const many = Array.from({ length: 300 }, (_, at) => {
      const of = { application: `app-${at}`, firstSeen: began };
      return [drifted(3, of), undrifted('heal', of)];
    });
    await project(...many.flat(), drifted(3));
    await pool.query(`ANALYZE ${viewsSchema}.past_drift`);
    const explained = async (where: string) => {
      const client = await pool.connect();
      await client.query('SET enable_seqscan = off');
      const { rows: lines } = await client.query<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM ${viewsSchema}.drift WHERE ${where} ORDER BY sequence DESC, index DESC LIMIT 20`,
      );
      await client.query('RESET enable_seqscan');
      client.release();
      return lines.map((line) => line['QUERY PLAN']).join('\n');
    };
    expect(await explained(`project = 'default' AND application = 'app-7'`)).toContain(
      'past_drift_application',
    );
    expect(await explained('until IS NULL')).not.toContain('past_drift');
    expect((await views.drifts({ limit: 5, open: true })).map(({ application }) => application)).toEqual([
      'checkout',
    ]);
  });
});
