import { Client, type Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, startPostgresServer, story, type TestPostgres } from '@syncline/testkit';

import { openPool } from '../projecting/database.js';
import { migrate } from '../projecting/rebuild.js';
import { readerRole } from '../projecting/readers.js';
import { viewsSchema } from '../reading/data-source.js';

let postgres: TestPostgres;
let pool: Pool;
beforeAll(async () => {
  postgres = await startPostgresServer();
  pool = openPool(postgres.url);
  const made = () => migrate(pool, postgres.url, viewsSchema).then(() => true);
  await eventually(made, 30_000, 'Postgres takes connections');
});
afterAll(async () => {
  await pool.end();
  await postgres.stop();
});

const at = (time: string): string => `2026-05-04T${time}:00.000Z`;
const insert = (table: string, row: Readonly<Record<string, unknown>>) => {
  const names = Object.keys(row);
  return pool.query(
    `INSERT INTO ${viewsSchema}.${table} (${names.join(', ')}) VALUES (${names.map((_, i) => `$${i + 1}`).join(', ')})`,
    Object.values(row),
  );
};

let sequence = 0;
type Change = {
  readonly revision: string;
  readonly committed: string;
  readonly rollout: string;
  readonly on: readonly {
    readonly cluster: string;
    readonly begun: string;
    readonly ended: string;
    readonly state?: 'Succeeded' | 'Failed' | 'Stale';
    readonly health?: readonly (readonly [word: 'Current' | 'Failed', at: string])[];
  }[];
};

/** A revision that goes to targets, as projections write it. */
const changed = async ({ revision, committed, rollout, on }: Change): Promise<void> => {
  const instants = { occurred_at: at(committed), recorded_at: at(committed) };
  const common = { project: 'default', application: 'checkout', correlation_id: 'c' };
  const sighted = {
    repository: 'fleet',
    message: '',
    author: '',
    committer: '',
    forced: false,
    reverts: '[]',
  };
  sequence += 1;
  await insert('revision', {
    ...{ sequence, index: 0, revision, ...sighted, committed_at: at(committed) },
    ...{ correlation_id: 'c', ...instants },
  });
  await insert('rollout', {
    ...{
      rollout,
      project: 'default',
      application: 'checkout',
      repository: 'fleet',
      revision,
      reason: 'revision',
    },
    ...{ state: 'Completed', waves: '[]', waves_opened: 1, waves_completed: 1, correlation_id: 'c' },
    ...{ started_sequence: sequence, started_at: at(committed), ...instants },
  });
  for (const { cluster, begun, ended, state = 'Succeeded', health = [] } of on) {
    sequence += 1;
    const plan = `plan-${sequence}`;
    await insert('plan', {
      ...{ plan, cluster, ...common, change: 'x', rollout, revision, state: 'Applied', document: 'd' },
      ...{ actions: '{}', certainties: '{}', predicted: false, needs: '[]', refused: '[]' },
      ...{ drafted_sequence: sequence, drafted_at: at(begun), ...instants },
    });
    await insert('deployment', {
      ...{ attempt: `a-${sequence}`, cluster, ...common, plan, revision, state, outcomes: '{}' },
      ...{ started_sequence: sequence, started_at: at(begun), ended_at: at(ended), ...instants },
    });
    for (const [word, time] of health) {
      sequence += 1;
      await insert('target_health', {
        ...{ cluster, project: 'default', application: 'checkout', sequence, index: 0, health: word },
        ...{ health_plan: plan, during: `["${at(time)}",)`, ...instants },
      });
    }
  }
};

beforeEach(async () => {
  const tables = ['revision', 'rollout', 'plan', 'deployment', 'target_health', 'application'];
  await pool.query(`TRUNCATE ${tables.map((table) => `${viewsSchema}.${table}`).join(', ')}`);
  const spec = JSON.stringify({ ...story.checkoutSpec, labels: { team: 'payments' } });
  await insert('application', {
    ...{ project: 'default', application: 'checkout', repository: 'fleet', spec, declared_revision: 'a' },
    ...{ retired: false, occurred_at: at('09:00'), recorded_at: at('09:00') },
  });
});

const figures = async (by: string, since = '00:00', until = '23:59') =>
  (
    await pool.query<Record<string, unknown>>(`SELECT * FROM ${viewsSchema}.dora($1, $2, 'day', $3)`, [
      at(since),
      at(until),
      by,
    ])
  ).rows;

const good: Change = {
  revision: 'a',
  committed: '10:00',
  rollout: 'r-a',
  on: [
    { cluster: 'eu', begun: '10:05', ended: '10:06', health: [['Current', '10:07']] },
    { cluster: 'us', begun: '10:05', ended: '10:06', health: [['Current', '10:20']] },
  ],
};

describe('the figures of delivery', () => {
  it('count a change of an application once, live when it is on all its clusters', async () => {
    await changed(good);
    expect(await figures('application')).toMatchObject([
      {
        ...{ begins: '2026-05-04T00:00:00.000Z', name: 'default/checkout', deployments: 1, changes: 1 },
        ...{ lead_time_seconds: 1200, failed_changes: 0, change_failure_rate: 0 },
        ...{ time_to_restore_seconds: null, not_restored: 0 },
      },
    ]);
    expect(await figures('cluster')).toMatchObject([
      { name: 'eu', deployments: 1, lead_time_seconds: 420 },
      { name: 'us', deployments: 1, lead_time_seconds: 1200 },
    ]);
    expect(await figures('team')).toMatchObject([{ name: 'payments', deployments: 1 }]);
    expect(await figures('all')).toMatchObject([{ name: 'all', deployments: 1 }]);
  });

  it('take a second apply of the same revision for no further change: drift that was healed, an attempt again', async () => {
    await changed(good);
    const [eu] = good.on;
    await changed({ ...good, rollout: 'r-heal', on: [{ ...eu!, begun: '12:00', ended: '12:01' }] });
    expect(await figures('cluster')).toMatchObject([{ name: 'eu', changes: 1 }, { name: 'us' }]);
  });

  it('count a change that failed anywhere, and how long it was until everything was Current again', async () => {
    await changed(good);
    await changed({
      ...{ revision: 'b', committed: '11:00', rollout: 'r-b' },
      on: [
        { cluster: 'eu', begun: '11:01', ended: '11:02', health: [['Failed', '11:05']] },
        { cluster: 'us', begun: '11:01', ended: '11:02', health: [['Current', '11:03']] },
      ],
    });
    expect(await figures('all')).toMatchObject([{ changes: 2, failed_changes: 1, not_restored: 1 }]);
    await changed({
      ...{ revision: 'c', committed: '11:10', rollout: 'r-c' },
      on: [{ cluster: 'eu', begun: '11:11', ended: '11:12', health: [['Current', '11:25']] }],
    });
    expect(await figures('all')).toMatchObject([
      {
        ...{ deployments: 2, changes: 3, failed_changes: 1, not_restored: 0 },
        ...{ change_failure_rate: 1 / 3, time_to_restore_seconds: 1200 },
      },
    ]);
  });

  it('take what the cluster refused for a failure, and what came too late for nothing at all', async () => {
    await changed({
      ...{ revision: 'a', committed: '10:00', rollout: 'r-a' },
      on: [
        { cluster: 'eu', begun: '10:01', ended: '10:02', state: 'Failed' },
        { cluster: 'us', begun: '10:01', ended: '10:02', state: 'Stale' },
      ],
    });
    expect(await figures('cluster')).toMatchObject([{ name: 'eu', deployments: 0, change_failure_rate: 1 }]);
  });

  it('are of what began within the instants asked for, over the days of these', async () => {
    await changed(good);
    expect(await figures('all', '10:06', '12:00')).toEqual([]);
    expect(await figures('all', '06:00', '18:00')).toMatchObject([{ deployments_per_day: 1 }]);
    const sql = `SELECT deployments_per_day AS many FROM ${viewsSchema}.dora($1, $2, $3, 'all')`;
    const over = async (period: string): Promise<unknown> =>
      (await pool.query(sql, ['2026-05-03T00:00Z', '2026-05-13T00:00Z', period])).rows[0];
    expect(await over('quarter')).toEqual({ many: 0.1 });
    expect(await over('week')).toEqual({ many: 1 / 7 });
  });
});

describe('the role of readers', () => {
  const asReader = async (sql: string): Promise<unknown[]> => {
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    try {
      await client.query(`SET ROLE ${readerRole}`);
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const named = async (sql: string) =>
    (await pool.query<{ name: string }>(sql, [viewsSchema])).rows.map(({ name }) => name);

  it('reads every view and calls what gives rows, and reads no table, writes nothing and makes nothing', async () => {
    const views = await named(
      'SELECT table_name AS name FROM information_schema.views WHERE table_schema = $1',
    );
    expect(views).toContain('fleet_state');
    for (const view of views) await asReader(`SELECT * FROM ${viewsSchema}.${view} LIMIT 1`);
    await asReader(`SELECT * FROM ${viewsSchema}.fleet_state_at(now())`);
    await asReader(`SELECT * FROM ${viewsSchema}.dora(now() - interval '1 week', now(), 'day', 'all')`);
    const tables = await named('SELECT tablename AS name FROM pg_tables WHERE schemaname = $1');
    expect(tables.length).toBeGreaterThan(10);
    for (const table of tables)
      await expect(asReader(`SELECT * FROM ${viewsSchema}.${table}`)).rejects.toThrow('permission denied');
    await expect(asReader(`SELECT * FROM ${viewsSchema}.targets_at(now())`)).rejects.toThrow(
      'permission denied',
    );
    await expect(asReader(`DELETE FROM ${viewsSchema}.approvals`)).rejects.toThrow('permission denied');
    await expect(asReader(`CREATE TABLE ${viewsSchema}.mine (a text)`)).rejects.toThrow('permission denied');
  });

  it('is left as it is at the next start, and missed by nobody where it may not be made', async () => {
    await migrate(pool, postgres.url, viewsSchema);
    await pool.query("CREATE ROLE plain LOGIN PASSWORD 'x'");
    await pool.query('CREATE DATABASE other OWNER plain');
    await pool.query(`DROP OWNED BY ${readerRole}; DROP ROLE ${readerRole}`);
    const url = new URL(postgres.url);
    [url.username, url.password, url.pathname] = ['plain', 'x', '/other'];
    const theirs = openPool(url.toString());
    try {
      await migrate(theirs, url.toString(), viewsSchema);
      expect((await theirs.query(`SELECT * FROM ${viewsSchema}.fleet_state`)).rows).toEqual([]);
    } finally {
      await theirs.end();
    }
  });
});
