import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '@syncline/kernel';
import { story } from '@syncline/testkit';

import { ApiUnderTest } from '../testing/api-under-test.js';

const { revisionA, revisionB, planB } = story;
const unseen = 'e'.repeat(40);
let api: ApiUnderTest;

beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.append(...story.wholeStory);
});
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

type Change = {
  readonly revision: string;
  readonly message: string;
  readonly events: readonly { readonly type: string }[];
};
type Page = { readonly items: readonly Change[]; readonly next?: string };

describe('the history of an application', () => {
  it('tells each change as one story, newest first, from the commit to healthy', async () => {
    const { items } = await api.get<Page>('/v1/applications/default/checkout/history');
    expect(items.map(({ revision }) => revision)).toEqual([revisionB, revisionA]);
    expect(items[1]?.events.map(({ type }) => type)).toEqual([
      'RevisionDetected', 'ConfigurationAccepted', 'ApplicationDeclared', 'RolloutStarted', 'WaveOpened', 'PlanRequested',
      'PlanDrafted', 'PlanApproved', 'ApplyStarted', 'ObjectsApplied', 'ApplySucceeded', 'HealthTransitioned', 'WaveCompleted',
      'RolloutCompleted',
    ]); // prettier-ignore
  });

  it('goes on by cursor', async () => {
    const first = await api.get<Page>('/v1/applications/default/checkout/history?limit=1');
    const second = await api.get<Page>(
      `/v1/applications/default/checkout/history?limit=1&before=${first.next ?? ''}`,
    );
    expect([first, second].flatMap(({ items }) => items.map(({ revision }) => revision))).toEqual([
      revisionB,
      revisionA,
    ]);
    expect(second.next).toBeUndefined();
  });

  it('of one that is not there is a problem', async () => {
    const response = await api.request('GET', '/v1/applications/default/nothing/history');
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'application-unknown' }]);
  });
});

describe('a revision of an application', () => {
  it('that the log has not seen is not known', async () => {
    const answer = await api.get(`/v1/applications/default/checkout/revisions/${unseen}`);
    expect(answer).toMatchObject({ known: false, affected: null, reached: false });
  });

  it('is reached when it is Current everywhere, and says so of the one before when a later took its place', async () => {
    const document = { version: 1, repository: 'fleet', revision: revisionA, applications: [
      { spec: story.checkoutSpec, file: 'apps/checkout.yaml', line: 1, affected: true, lineage: [] },
    ] }; // prettier-ignore
    const bytes = new TextEncoder().encode(canonicalJson(document));
    const blob = await api.hub.blobs.put('hub', bytes, 'application/json');
    const accept = (revision: string): story.Decision => ({
      subject: 'ev.config.fleet',
      events: [
        {
          type: 'ConfigurationAccepted',
          data: { repository: 'fleet', revision, configuration: blob, applications: 1, affected: 1 },
        },
      ],
    });
    await api.append(accept(revisionA), accept(revisionB));
    const now = await api.get(`/v1/applications/default/checkout/revisions/${revisionB}`);
    expect(now).toMatchObject({
      known: true,
      affected: true,
      reached: true,
      rollout: { state: 'Completed' },
    });
    const before = await api.get(`/v1/applications/default/checkout/revisions/${revisionA}`);
    expect(before).toMatchObject({ affected: true, reached: true, supersededBy: revisionB });
  });

  it('is not reached before its first targets are asked for', async () => {
    const revision = 'c'.repeat(40);
    const spec = { ...story.checkoutSpec, name: 'newborn' };
    const document = { version: 1, repository: 'fleet', revision, applications: [
      { spec, file: 'apps/newborn.yaml', line: 1, affected: true, lineage: [] },
    ] }; // prettier-ignore
    const bytes = new TextEncoder().encode(canonicalJson(document));
    const configuration = await api.hub.blobs.put('hub', bytes, 'application/json');
    const started = {
      ...{ rollout: 'r-new', repository: 'fleet', revision, reason: 'declaration', spec },
      ...{ waves: [{ name: 'all', clusters: ['prod-eu'] }], labels: { 'prod-eu': {} }, released: [] },
    };
    await api.append(
      story.detected(revision, 'c-new'),
      {
        subject: 'ev.config.fleet',
        events: [
          {
            type: 'ConfigurationAccepted',
            data: { repository: 'fleet', revision, configuration, applications: 1, affected: 1 },
          },
        ],
      },
      {
        subject: 'ev.app.default.newborn',
        events: [
          { type: 'ApplicationDeclared', data: { spec, revision } },
          { type: 'RolloutStarted', data: started },
        ],
      },
    );
    const answer = await api.get(`/v1/applications/default/newborn/revisions/${revision}`);
    expect(answer).toMatchObject({ known: true, affected: true, reached: false, targets: [] });
  });

  it('whose configuration is rejected says why', async () => {
    const errors = [{ file: 'apps/checkout.yaml', line: 3, reason: 'spec.path is no text' }];
    await api.append(story.detected(unseen, 'c-9'), {
      subject: 'ev.config.fleet',
      events: [
        {
          type: 'ConfigurationRejected',
          data: { repository: 'fleet', revision: unseen, errors, errorCount: 1 },
        },
      ],
    });
    const answer = await api.get(`/v1/applications/default/checkout/revisions/${unseen}`);
    expect(answer).toMatchObject({ known: true, affected: null, reached: false, rejected: errors });
  });
});

describe('a plan', () => {
  it('is found by the beginning of its digest, with who decided on it', async () => {
    const { items } = await api.get<{ items: { plan: string; state: string }[] }>(
      '/v1/plans?application=checkout',
    );
    expect(items.map(({ plan, state }) => [plan, state])).toEqual([
      [planB, 'Applied'],
      [story.planA, 'Applied'],
    ]);
    expect((await api.request('GET', '/v1/plans/ffffffff')).status).toBe(404);
  });

  it('is approved by the planner alone, which is told the whole digest and who asks', async () => {
    const asked: unknown[] = [];
    api.world?.messaging.answer('planner', 'approve', (request) => {
      asked.push((request as { payload: unknown }).payload);
      return Promise.resolve({ position: { sequence: 7, index: 0 }, result: { status: 'approved' } });
    });
    const body = { decision: 'grant', reason: 'seen' };
    const response = await api.request('POST', `/v1/plans/${planB.slice(0, 8)}/approvals`, { body });
    expect([response.status, await response.json()]).toEqual([201, { status: 'approved', position: '7.0' }]);
    expect(asked).toMatchObject([
      { cluster: 'prod-eu', project: 'default', application: 'checkout', plan: planB, decision: 'grant' },
    ]);
    expect((asked[0] as { by: string }).by).toMatch(/^token:[0-9a-f]{12}$/);
  });
});
