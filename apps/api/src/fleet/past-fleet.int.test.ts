import { encodeEvent, encodeToken, manifestsDocument } from '@syncline/events';
import { clusterOwner } from '@syncline/kernel';
import { story } from '@syncline/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

type Target = Record<string, unknown> & { readonly applied?: { readonly manifests?: string } };
type Fleet = { readonly targets: readonly Target[]; readonly at?: string };

const manifestsOf = (image: string) => ({
  version: 1,
  objects: [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'checkout' },
      spec: {
        template: { spec: { containers: [{ name: 'web', image }], initContainers: [{ image: 'init:1' }] } },
      },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { containers: 'no' } },
  ],
});

let api: ApiUnderTest;
const instants: string[] = [];

/** Appends, and gives an instant at which exactly that has happened. */
const append = async (...decisions: readonly story.Decision[]): Promise<string> => {
  await api.append(...decisions);
  await delay(5);
  const instant = new Date().toISOString();
  await delay(5);
  instants.push(instant);
  return instant;
};

const withManifests = (decision: story.Decision, digest: string): story.Decision => ({
  ...decision,
  events: decision.events.map((one) =>
    one.type === 'ApplySucceeded'
      ? {
          ...one,
          data: { ...(one.data as object), manifests: { digest, size: 1, mediaType: 'application/json' } },
        }
      : one,
  ),
});

const at = (instant: string, query = ''): Promise<Fleet> =>
  api.get<Fleet>(`/v1/fleet?at=${encodeURIComponent(instant)}${query}`);

describe('the fleet as of an instant', () => {
  let [before, planned, applied, later, lost, connected]: string[] = [];

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    const document = manifestsDocument.parse(manifestsOf('web:1.41'));
    const owner = clusterOwner(encodeToken('prod-eu'));
    const { digest } = await api.hub.blobs.put(
      owner,
      new TextEncoder().encode(JSON.stringify(document)),
      'application/json',
    );
    const all = story.wholeStory;
    before = await append();
    planned = await append(...all.slice(0, 8));
    applied = await append(withManifests(all[9]!, digest), all[10]!);
    later = await append(...all.slice(11, 17));
    lost = await append(story.lost('prod-eu'));
    connected = await append(story.connected('prod-eu'));
    await append(story.released);
  });
  afterAll(async () => {
    await api.close();
    await api.postgres.stop();
  });

  it('is empty before anything has happened, and after the last target was let go of', async () => {
    expect(await at(before!)).toMatchObject({ targets: [], at: before });
    expect(await at(instants.at(-1)!)).toMatchObject({ targets: [] });
    expect(await at('1970-01-01T00:00:00Z')).toMatchObject({ targets: [] });
  });

  it('says what was wanted, applied and observed at each instant', async () => {
    expect(await at(planned!)).toMatchObject({
      targets: [
        {
          ...{ application: 'checkout', cluster: 'prod-eu', sync: 'Applying', health: 'Unknown', revision: null },
          ...{ desiredRevision: story.revisionA, plan: story.planA, approvedBy: 'rule:automatic', notYetKnown: false },
        },
      ],
    }); // prettier-ignore
    expect(await at(applied!)).toMatchObject({
      targets: [
        {
          ...{ sync: 'InSync', health: 'Current', revision: story.revisionA, plan: story.planA },
          applied: { plan: story.planA, approvedBy: 'rule:automatic' },
        },
      ],
    });
    expect(await at(later!)).toMatchObject({
      targets: [
        {
          ...{ sync: 'AwaitingApproval', health: 'Current', revision: story.revisionA, plan: story.planB },
          ...{ desiredRevision: story.revisionB, message: 'the plan removes 1 object' },
          applied: { plan: story.planA },
        },
      ],
    });
    expect(await at(lost!)).toMatchObject({ targets: [{ sync: 'Unknown', message: 'connection refused' }] });
    expect(await at(connected!)).toMatchObject({ targets: [{ sync: 'AwaitingApproval' }] });
  });

  it('names the images of what was applied where it is asked for them', async () => {
    expect(await at(applied!, '&images=true')).toMatchObject({
      targets: [{ images: ['init:1', 'web:1.41'] }],
    });
    const [target] = (await at(planned!, '&images=true')).targets;
    expect(target).not.toHaveProperty('images');
  });

  it('is narrowed by names and by labels of applications and clusters as they were', async () => {
    const narrowed = async (query: string) => (await at(applied!, query)).targets.length;
    expect(await narrowed('&cluster=prod-eu&application=checkout&project=default')).toBe(1);
    expect(await narrowed('&cluster=elsewhere')).toBe(0);
    expect(await narrowed('&selector=tier%3Dproduction,a%3Db')).toBe(1);
    expect(await narrowed('&selector=tier%3Dproduction,a%3Dc')).toBe(0);
    expect(await narrowed('&selector=__proto__%3Dx')).toBe(0);
  });

  it('is compared with another instant, down to the fields of what was applied', async () => {
    const between = (from: string, to: string) =>
      api.get(`/v1/fleet/diff?from=${from}&to=${to}&application=checkout`);
    expect(await between(planned!, applied!)).toMatchObject({
      unchanged: 0,
      targets: [
        {
          ...{ cluster: 'prod-eu', change: 'changed', objectCount: 2 },
          objects: [
            { object: { kind: 'ConfigMap' }, change: 'added' },
            { object: { kind: 'Deployment' }, change: 'added' },
          ],
        },
      ],
    });
    const { targets } = (await between(planned!, applied!)) as unknown as {
      targets: { state: { field: string; to: unknown }[] }[];
    };
    expect(targets[0]?.state).toContainEqual({ field: 'images', from: [], to: ['init:1', 'web:1.41'] });
    expect(await between(before!, applied!)).toMatchObject({ targets: [{ change: 'appeared' }] });
    expect(await between(applied!, before!)).toMatchObject({ targets: [{ change: 'gone' }] });
    expect(await between(applied!, applied!)).toMatchObject({ targets: [], unchanged: 1 });
    const ahead = await api.request('GET', `/v1/fleet/diff?from=${applied!}&to=2999-01-01T00:00:00Z`);
    expect(ahead.status).toBe(422);
    expect((await api.request('GET', `/v1/fleet/diff?from=${applied!}`)).status).toBe(422);
  });

  it('marks what happened by then and was recorded later', async () => {
    const begun = await append(
      story.requested(story.revisionA, 'c-9', 'r-9'),
      story.approvedByRule(story.revisionA, 'c-9', 'r-9', story.planC),
    );
    const meanwhile = await append(story.requested(story.revisionB, 'c-10', 'r-10'));
    const { subject, events } = story.applySucceeded(story.revisionA, 'c-9', story.planC);
    const fields = { source: '/syncline/test', subject, time: begun, actor: 'service:applier' as const };
    const late = events.map((event, index) =>
      encodeEvent(event, { ...fields, correlationId: 'c-9', id: `late.${index}` }),
    );
    expect(await at(begun)).toMatchObject({
      targets: [{ sync: 'Applying', revision: null, notYetKnown: false }],
    });
    await api.appendBytes(subject, new TextEncoder().encode(JSON.stringify(late)));
    expect(await at(begun)).toMatchObject({
      targets: [{ sync: 'InSync', revision: story.revisionA, notYetKnown: true }],
    });
    expect(await at(meanwhile)).toMatchObject({
      targets: [{ sync: 'Planning', revision: story.revisionA, notYetKnown: true }],
    });
    expect(await at(new Date().toISOString())).toMatchObject({ targets: [{ notYetKnown: false }] });
  });

  it.each([
    ['at=soon', 422, 'invalid-request'],
    ['at=', 422, 'invalid-request'],
    ['at=2026-02-30T00:00:00Z', 422, 'invalid-request'],
    ['at=0000-01-01T00:00:00Z', 422, 'invalid-request'],
    ['at=2999-01-01T00:00:00Z', 422, 'instant-ahead'],
    ['at=2026-01-01T00:00:00Z&selector=x', 422, 'invalid-request'],
    ["at=2026-01-01T00:00:00Z' OR 1=1 --", 422, 'invalid-request'],
  ])('refuses %s', async (query, status, code) => {
    const response = await api.request('GET', `/v1/fleet?${encodeURI(query)}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  it('is told of no read that has no past', async () => {
    const response = await api.request('GET', '/v1/suspects?at=2026-01-01T00:00:00Z');
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([422, 'no-past']);
  });
});
