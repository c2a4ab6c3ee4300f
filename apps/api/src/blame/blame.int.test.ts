import { encodeToken } from '@syncline/events';
import { clusterOwner } from '@syncline/kernel';
import { story } from '@syncline/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

type Field = Record<string, unknown> & { readonly path: string };
type Answer = { readonly targets: readonly { readonly fields: readonly Field[]; readonly live?: string }[] };

const owner = clusterOwner(encodeToken('prod-eu'));
const reference = `syncline-secret:${'a'.repeat(64)}`;
const manifestsOf = (replicas: number, image: string) => ({
  version: 1,
  objects: [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'checkout' },
      spec: { replicas, template: { spec: { containers: [{ name: 'web', image }] } } },
    },
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web', namespace: 'checkout' }, data: { password: reference } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'a' } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'b' } },
  ],
}); // prettier-ignore

let api: ApiUnderTest;

const put = async (document: unknown) =>
  (await api.hub.blobs.put(owner, new TextEncoder().encode(JSON.stringify(document)), 'application/json'))
    .digest;

/** The same decision with what its events refer to stored. */
const referring = (decision: story.Decision, more: object): story.Decision => ({
  ...decision,
  events: decision.events.map((one) =>
    one.type === 'ApplySucceeded' || one.type === 'DriftDetected' || one.type === 'PlanDrafted'
      ? { ...one, data: { ...(one.data as object), ...more } }
      : one,
  ),
});
const blobOf = (digest: string) => ({ digest, size: 1, mediaType: 'application/json' });

const instant = async (): Promise<string> => {
  await delay(5);
  const now = new Date().toISOString();
  await delay(5);
  return now;
};

describe('who set the fields of an object', () => {
  const all = story.wholeStory;
  let first: string;

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    const [one, two] = [await put(manifestsOf(2, 'web:1')), await put(manifestsOf(2, 'web:2'))];
    const applied = (at: number, digest: string, render: string): story.Decision =>
      referring(all[at]!, { manifests: blobOf(digest), render: render.repeat(64) });
    const name = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'checkout', name: 'web' };
    const planned = await put({
      ...{
        version: 1,
        project: 'default',
        application: 'checkout',
        destination: { kind: 'cluster', name: 'prod-eu' },
      },
      ...{
        repository: 'fleet',
        revision: story.revisionB,
        cause: '16.0',
        render: 'b'.repeat(64),
        namespace: 'checkout',
      },
      ...{ predicted: false, prune: story.checkoutSpec.sync.prune, inventory: 1, policies: 'c'.repeat(64) },
      operations: [
        {
          ...{ kind: 'kubernetes', action: 'configure', certainty: 'confirmed', object: name, changes: [] },
          conceded: [{ manager: 'the-autoscaler', paths: ['/spec/replicas'] }],
        },
      ],
    });
    await api.append(...all.slice(0, 9), applied(9, one, 'a'), ...all.slice(10, 12));
    first = await instant();
    const drafted = referring(all[16]!, { document: blobOf(planned) });
    await api.append(
      ...all.slice(12, 16),
      drafted,
      ...all.slice(17, 21),
      applied(21, two, 'b'),
      ...all.slice(22),
    );
    const fields = [
      { path: '/spec/replicas', change: 'changed', from: 2, to: 7, manager: 'kubectl-scale' },
      { path: '/spec/paused', change: 'added', to: true, manager: 'kubectl-edit' },
    ];
    const document = await put({
      ...{ version: 1, plan: story.planB, revision: story.revisionB },
      objects: [{ object: name, change: 'changed', fields, fieldCount: 2 }],
    });
    const drift = { document: blobOf(document), plan: story.planB, firstSeen: new Date().toISOString() };
    await api.append(referring(story.drifted(7), drift));
  });
  afterAll(async () => {
    await api.close();
    await api.postgres.stop();
  });

  const blame = (query: string) => api.get<Answer>(`/v1/blame/default/checkout?${query}`);
  const fieldsOf = async (query: string): Promise<ReadonlyMap<string, Field>> =>
    new Map((await blame(query)).targets.flatMap(({ fields }) => fields).map((one) => [one.path, one]));
  const image = '/spec/template/spec/containers/[name=web]/image';

  it('is the apply that first set each as it is, with its commit, plan and approver', async () => {
    const fields = await fieldsOf('object=Deployment/web');
    expect(fields.get(image)).toMatchObject({
      ...{ value: 'web:2', revision: story.revisionB, plan: story.planB },
      approvedBy: expect.stringMatching(/^person:/) as string,
      message: expect.stringContaining('Raise the cart limit') as string,
    });
    expect(fields.get('/spec/replicas')).toMatchObject({
      ...{ value: 2, revision: story.revisionA, plan: story.planA, approvedBy: 'rule:automatic' },
    });
    expect([...fields.values()].every(({ isOlder }) => isOlder === undefined)).toBe(true);
  });

  it('is whoever wrote over it in the cluster, beside who applied it', async () => {
    const fields = await fieldsOf('object=deployment/checkout/web&field=spec');
    expect(fields.get('/spec/replicas')).toMatchObject({
      value: 2,
      foreign: { manager: 'kubectl-scale', change: 'changed', value: 7 },
      leftTo: 'the-autoscaler',
    });
    expect(fields.get('/spec/paused')).toEqual({
      path: '/spec/paused',
      foreign: { manager: 'kubectl-edit', change: 'added', value: true, since: expect.any(String) as string },
    });
  });

  it('is answered as of an instant', async () => {
    const fields = await fieldsOf(`object=Deployment/web&at=${first}`);
    expect(fields.get(image)).toMatchObject({ value: 'web:1', plan: story.planA });
    expect(fields.get('/spec/replicas')).not.toHaveProperty('foreign');
  });

  it('never shows what is in a Secret', async () => {
    const fields = await fieldsOf('object=Secret/web');
    expect(fields.get('/data/password')).toMatchObject({ value: reference });
  });

  it.each([
    ['object=Deployment/none', 404, 'object-unknown'],
    ['object=Deployment/web&field=spec.nothing', 404, 'field-unknown'],
    ['object=Deployment/web&cluster=elsewhere', 404, 'target-unknown'],
    ['object=Deployment/web&at=2001-01-01T00:00:00Z', 404, 'target-unknown'],
    ['object=ConfigMap/c', 409, 'object-ambiguous'],
    ['object=web', 422, 'invalid-request'],
    ['field=spec', 422, 'invalid-request'],
  ])('refuses %s', async (query, status, code) => {
    const response = await api.request('GET', `/v1/blame/default/checkout?${query}`);
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });
});
