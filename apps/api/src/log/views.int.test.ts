import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, startPostgres, type RunningPostgres } from '@syncline/toolchain';
import { eventually, story, temporaryFolder, type TemporaryFolder } from '@syncline/testkit';

import { ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
let postgres: RunningPostgres;
let folder: TemporaryFolder;
let place: { readonly dir: string; readonly port: number };

beforeAll(async () => {
  folder = await temporaryFolder('api-postgres');
  place = { dir: folder.path, port: await freePort() };
  postgres = await startPostgres(place);
  const { url } = postgres;
  api = await ApiUnderTest.start({ url, stop: () => postgres.stop().then(() => undefined) });
  await api.append(...story.wholeStory);
});
afterAll(async () => {
  await api.close();
  await postgres.stop();
  await folder.remove();
});

const sql = async (text: string, database?: string): Promise<readonly Record<string, unknown>[]> => {
  const url = new URL(postgres.url);
  if (database !== undefined) url.pathname = `/${database}`;
  const client = new Client({ connectionString: url.toString() });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

const tables = ['event', 'revision', 'target', 'target_planned', 'target_applied', 'target_health', 'cluster', 'cluster_state', 'application',
  'rollout', 'plan', 'approval', 'deployment', 'repository', 'configuration', 'service', 'unreadable']; // prettier-ignore

/** Every row of every table as text, sorted. */
const everything = async (): Promise<Record<string, readonly string[]>> => {
  await api.get('/v1/fleet');
  const entries = tables.map(async (table) => {
    const rows = await sql(`SELECT t::text AS row FROM syncline.${table} t ORDER BY 1`);
    return [table, rows.map(({ row }) => String(row))] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
};

const awayThenBack = async (): Promise<void> => {
  await eventually(() => api.parts.projector.away !== undefined, 15_000, 'the loss is noticed');
  await eventually(() => api.parts.projector.away === undefined, 30_000, 'the views are back');
};

describe('the views', () => {
  it('hold every table of the story', async () => {
    const rows = await everything();
    const empty = tables.filter((table) => rows[table]?.length === 0);
    expect(empty).toEqual(['unreadable']);
  });

  it('are equal row for row after a rebuild', async () => {
    const before = await everything();
    const response = await api.request('POST', '/v1/log/rebuild');
    expect(await response.json()).toMatchObject({ equal: true, differing: [] });
    expect(await everything()).toEqual(before);
  });

  it('are rebuilt while the log goes on', async () => {
    const more = Array.from({ length: 300 }, (_, at) => story.joined(`edge-${at % 40}`, { n: String(at) }));
    const [response] = await Promise.all([api.request('POST', '/v1/log/rebuild'), api.append(...more)]);
    expect(await response.json()).toMatchObject({ equal: true });
    const { items } = await api.get<{ items: unknown[] }>('/v1/clusters');
    expect(items).toHaveLength(41);
  });

  it('tell a damaged table from a whole one', async () => {
    await everything();
    await sql(`UPDATE syncline.target SET sync = 'Drifted'`);
    expect(await (await api.request('POST', '/v1/log/rebuild')).json()).toMatchObject({
      equal: false,
      differing: ['target'],
    });
    expect(await (await api.request('POST', '/v1/log/rebuild')).json()).toMatchObject({ equal: true });
  });

  it('set aside what this version cannot read, say so, and go on', async () => {
    const future = [{ specversion: '1.0', id: 'f', type: 'TargetTeleported', source: '/x', subject: 'ev.app.default.later',
      time: '2026-05-04T14:31:07Z', dataschema: 'syncline:TargetTeleported:1', datacontenttype: 'application/json', data: {},
      correlationid: 'c', actor: 'service:planner' }]; // prettier-ignore
    await api.appendBytes('ev.app.default.later', new TextEncoder().encode(JSON.stringify(future)));
    await api.appendBytes('ev.app.default.noise', new Uint8Array([0xff, 0, 1]));
    await api.append(story.healthIs('InProgress', story.revisionB, 'c-2', story.planB));
    await api.get('/v1/fleet');
    expect(await api.get('/v1/log')).toMatchObject({ unreadable: 2 });
    const rows = await sql('SELECT subject, reason FROM syncline.unreadable ORDER BY sequence');
    expect(rows[0]).toMatchObject({
      subject: 'ev.app.default.later',
      reason: expect.stringContaining('TargetTeleported') as string,
    });
    expect(await (await api.request('GET', '/metrics')).text()).toMatch(
      /syncline_unreadable_messages_total\{[^}]*\} 2/,
    );
    expect(await (await api.request('POST', '/v1/log/rebuild')).json()).toMatchObject({ equal: true });
  });

  it('say in metrics how far they are, without being asked whether they are ready', async () => {
    await api.append(story.healthIs('Current', story.revisionB, 'c-2', story.planB));
    await api.get('/v1/fleet');
    const last = await api.hub.log.lastSequence();
    const text = await (await api.request('GET', '/metrics')).text();
    expect(text).toMatch(new RegExp(`^syncline_projected_sequence\\{[^}]*\\} ${last}$`, 'm'));
    expect(text).toMatch(/^syncline_projection_lag_messages\{[^}]*\} 0$/m);
  });

  it('stand at a position after which there is nothing, of whatever message it is', async () => {
    // One decision of two events.
    const joined = story.joined('edge-1', { tier: 'edge' });
    await api.append({ ...joined, events: [...joined.events, ...joined.events] });
    await api.get('/v1/fleet');
    const answer = await api.request('GET', '/v1/fleet');
    const { position, projected } = await api.get<Record<'position' | 'projected', string>>('/v1/log');
    expect([projected, answer.headers.get('syncline-position')]).toEqual([position, position]);
    expect(await api.get(`/v1/events?after=${position}`)).toMatchObject({ items: [] });
  });

  it('come back by themselves, equal, after the schema is dropped', async () => {
    const before = await everything();
    await sql('DROP SCHEMA syncline CASCADE');
    await awayThenBack();
    expect(await everything()).toEqual(before);
  });

  it('that another version made are replaced as they are', async () => {
    const before = await everything();
    await sql('ALTER TABLE syncline.event DROP COLUMN data CASCADE');
    await sql('DELETE FROM syncline.migration');
    await sql('UPDATE syncline.projection SET version = 0, sequence = 0');
    await awayThenBack();
    expect(await everything()).toEqual(before);
  });

  it('come back when the schema is dropped while events arrive', async () => {
    await sql('DROP SCHEMA syncline CASCADE');
    await api.append(...Array.from({ length: 50 }, (_, at) => story.joined(`late-${at}`, {})));
    await eventually(
      () => api.parts.projector.away === undefined && api.parts.projector.sequence >= 50,
      30_000,
      'the views are back',
    );
    const { items } = await api.get<{ items: { cluster: string }[] }>('/v1/clusters');
    expect(items.filter(({ cluster }) => cluster.startsWith('late-'))).toHaveLength(50);
    expect(await (await api.request('POST', '/v1/log/rebuild')).json()).toMatchObject({ equal: true });
  });

  it('are away while Postgres is, and writes go on', async () => {
    await postgres.stop();
    const reading = await eventually(
      async () => {
        const response = await api.request('GET', '/v1/fleet');
        return response.status === 503 && response;
      },
      10_000,
      'reads say that the views are away',
    );
    expect(await reading.json()).toMatchObject({ code: 'views-unavailable' });
    expect(reading.headers.get('retry-after')).toBe('2');
    const issued = await api.request('POST', '/v1/tokens', { body: { name: 'meanwhile', role: 'viewer' } });
    expect(issued.status).toBe(201);
    const { token } = (await issued.json()) as { token: string };
    expect((await api.request('GET', '/v1/recipients', { token })).status).toBe(200);
    expect((await api.request('GET', '/healthz')).status).toBe(200);
    const ready = await eventually(
      async () => {
        const response = await api.request('GET', '/readyz', { token: null });
        return response.status === 503 && response;
      },
      10_000,
      'readiness says what is missing',
    );
    expect(JSON.stringify(await ready.json())).toContain('views');
    postgres = await startPostgres(place);
    await eventually(
      async () => (await api.request('GET', '/readyz', { token: null })).status === 200,
      30_000,
      'ready again',
    );
    const { items } = await api.get<{ items: { type: string }[] }>('/v1/events?type=TokenIssued');
    expect(items.length).toBeGreaterThan(1);
  });

  it('wait for a position, and say when it does not come', async () => {
    const sequence = await api.append(story.applicationDeclared('late'));
    const response = await api.request('GET', `/v1/applications?at-least=${sequence}.0`);
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('syncline-position')?.split('.')[0])).toBeGreaterThanOrEqual(sequence);
    const never = await api.request('GET', `/v1/applications?at-least=${sequence + 1_000}.0`);
    expect([never.status, ((await never.json()) as { code: string }).code]).toEqual([503, 'views-behind']);
    expect((await api.request('GET', '/v1/applications?at-least=soon')).status).toBe(400);
  });
});

describe('the SQL views', () => {
  it('answer as of an instant', async () => {
    await everything();
    const [first] = await sql(
      "SELECT min(occurred_at) + interval '1 microsecond' AS at FROM syncline.target_planned",
    );
    const at = (first?.at as Date).toISOString();
    const rows = await sql(`SELECT sync FROM syncline.fleet_state_at('${at}'::timestamptz)`);
    expect(rows.length).toBeLessThanOrEqual(1);
    const now = await sql(
      'SELECT project, application, cluster, sync, health FROM syncline.fleet_state_at(now())',
    );
    const live = await sql('SELECT project, application, cluster, sync, health FROM syncline.fleet_state');
    expect(now).toEqual(live);
  });

  it('tell deployments with who approved them and the commit they carry', async () => {
    const rows = await sql(
      'SELECT state, approved_by, commit_message, outcomes FROM syncline.deployments ORDER BY started_at',
    );
    expect(rows.at(-1)).toMatchObject({ state: 'Succeeded', outcomes: { created: 2 } });
    expect(rows.every(({ approved_by }) => approved_by !== null)).toBe(true);
  });
});
