import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { subjects } from '@syncline/events';
import { story } from '@syncline/testkit';

import { ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
type Drift = {
  readonly application: string;
  readonly cluster: string;
  readonly until: string | null;
  readonly writes?: readonly { readonly user: string }[];
};
type Page = { readonly items: readonly Drift[]; readonly next?: string };

const of = (application: string, cluster: string): story.DriftOf => ({ application, cluster });

const object = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'checkout', name: 'web' };
const attributed = (application: string, cluster: string, user: string): story.Decision => {
  const writes = [
    { audit: 'a-1', object, verb: 'patch', user, manager: 'kubectl-edit', at: '2026-05-04T14:00:00Z' },
  ];
  const { revisionA: revision, planA: plan } = story;
  const data = { revision, plan, firstSeen: '2026-05-04T14:00:00.000Z', writes };
  const subject = subjects.target(cluster, 'default', application);
  return { subject, events: [{ type: 'DriftAttributed', data }] };
};

beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.append(
    story.drifted(3, of('checkout', 'prod-eu')),
    story.drifted(4, { ...of('checkout', 'prod-eu'), flaps: 2 }),
    story.undrifted('cluster', of('checkout', 'prod-eu'), { manager: 'kubectl-edit' }),
    story.drifted(3, of('checkout', 'prod-us')),
    story.drifted(3, of('cart', 'prod-us')),
    attributed('checkout', 'prod-us', 'alice'),
  );
});
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

const list = (query = '') => api.get<Page>(`/v1/drift${query}`);
const names = ({ items }: Page) => items.map(({ application, cluster }) => `${application} ${cluster}`);

describe('the list of drift', () => {
  it('shows every drift once, with what it was, how long it lasted, and who put it back', async () => {
    const { items } = await list('?application=checkout&cluster=prod-eu');
    expect(items).toEqual([
      expect.objectContaining({
        ...{ project: 'default', application: 'checkout', cluster: 'prod-eu', said: 2, flaps: 2 },
        ...{ firstSeen: '2026-05-04T14:00:00.000Z', until: '2026-05-04T14:00:04.500Z' },
        ...{ lifetimeSeconds: 4.5, endedBy: 'cluster', manager: 'kubectl-edit' },
        objects: [
          {
            object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'checkout', name: 'web' },
            ...{ change: 'changed', fieldCount: 1 },
            fields: [{ path: '/spec/replicas', change: 'changed', from: 2, to: 4, manager: 'kubectl-edit' }],
          },
        ],
      }),
    ]);
  });

  it('is filtered by application, by cluster, and to what is open, the newest first', async () => {
    expect(names(await list())).toEqual(['cart prod-us', 'checkout prod-us', 'checkout prod-eu']);
    expect(names(await list('?application=checkout'))).toEqual(['checkout prod-us', 'checkout prod-eu']);
    expect(names(await list('?cluster=prod-us&application=cart'))).toEqual(['cart prod-us']);
    const open = await list('?open=true&application=checkout');
    expect(names(open)).toEqual(['checkout prod-us']);
    expect(open.items[0]).not.toHaveProperty('lifetimeSeconds');
    expect(names(await list('?open=false'))).toEqual(['checkout prod-eu']);
    expect(names(await list('?project=other'))).toEqual([]);
  });

  it('names who made it where the audit log told, and of no other drift', async () => {
    const of = async (query: string) => (await list(query)).items.map(({ writes }) => writes?.[0]?.user);
    expect(await of('?application=checkout&cluster=prod-us')).toEqual(['alice']);
    expect(await of('')).toEqual([undefined, 'alice', undefined]);
    expect(await of('?cluster=prod-us&at=2026-05-04T14:00:01Z')).toEqual([undefined, undefined]);
  });

  it('comes page by page', async () => {
    const first = await list('?limit=2');
    const second = await list(`?limit=2&before=${first.next}`);
    expect([...names(first), ...names(second)]).toEqual(names(await list()));
    expect(second.next).toBeUndefined();
  });

  it('is the same when the views are made anew from the log', async () => {
    const before = await list();
    expect(await (await api.request('POST', '/v1/log/rebuild')).json()).toMatchObject({ equal: true });
    expect(await list()).toEqual(before);
  });

  it('refuses a question that it does not understand', async () => {
    for (const query of [
      '?open=maybe',
      '?limit=0',
      '?limit=501',
      '?before=x',
      '?cluster=',
      '?application=%00',
    ])
      expect((await api.request('GET', `/v1/drift${query}`)).status, query).toBe(422);
  });
});
