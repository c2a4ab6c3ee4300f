import { subjects } from '@syncline/events';
import { story } from '@syncline/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

type List = { readonly items: readonly Record<string, unknown>[] };

let api: ApiUnderTest;
const append = async (...decisions: readonly story.Decision[]): Promise<string> => {
  await api.append(...decisions);
  await delay(5);
  const instant = new Date().toISOString();
  await delay(5);
  return instant;
};
const application = { project: 'default', application: 'checkout' };

describe('reads as of an instant', () => {
  const all = story.wholeStory;
  let [empty, joined, first, second, retired, removed, again]: string[] = [];

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    empty = await append();
    joined = await append(...all.slice(0, 3));
    first = await append(...all.slice(3, 12));
    second = await append(...all.slice(12, 16));
    retired = await append(
      {
        subject: subjects.application('default', 'checkout'),
        events: [{ type: 'ApplicationRetired', data: { ...application, revision: story.revisionB, clusters: ['prod-eu'] } }],
      },
      story.released,
    ); // prettier-ignore
    removed = await append({
      subject: subjects.fleet('prod-eu'),
      events: [{ type: 'ClusterRemoved', data: { cluster: 'prod-eu' } }],
    });
    again = await append(
      story.joined('prod-eu', { tier: 'edge' }),
      story.declared(story.revisionB, 'c-3', 'r-3'),
      story.requested(story.revisionB, 'c-3', 'r-3'),
    );
  });
  afterAll(async () => {
    await api.close();
    await api.postgres.stop();
  });

  const at = <Answer = List>(path: string, instant: string) => api.get<Answer>(`${path}?at=${instant}`);

  it('know the clusters that there were, as they were', async () => {
    const labels = async (instant: string) =>
      (await at('/v1/clusters', instant)).items.map((one) => one.labels);
    expect(await labels(empty!)).toEqual([]);
    expect(await labels(joined!)).toEqual([{ tier: 'production', a: 'b' }]);
    expect(await labels(removed!)).toEqual([]);
    expect(await labels(again!)).toEqual([{ tier: 'edge' }]);
  });

  it('know the repositories, and where they stood', async () => {
    const revisions = async (instant: string) =>
      (await at('/v1/repositories', instant)).items.map(({ revision }) => revision);
    expect(await revisions(empty!)).toEqual([]);
    expect(await revisions(joined!)).toEqual([undefined]);
    expect(await revisions(first!)).toEqual([story.revisionA]);
    expect(await revisions(second!)).toEqual([story.revisionB]);
  });

  it('know the applications that were declared, retired and declared again', async () => {
    const list = async (instant: string) => (await at('/v1/applications', instant)).items;
    expect(await list(joined!)).toEqual([]);
    expect(await list(first!)).toMatchObject([
      { application: 'checkout', retired: false, targets: 1, inSync: 1 },
    ]);
    expect(await list(second!)).toMatchObject([{ retired: false, targets: 1, inSync: 0 }]);
    expect(await list(retired!)).toMatchObject([{ retired: true, targets: 0 }]);
    expect(await list(again!)).toMatchObject([{ retired: false, targets: 1, inSync: 0 }]);
  });

  it('show one application with its rollout and targets as they were', async () => {
    const path = '/v1/applications/default/checkout';
    expect(await at(path, first!)).toMatchObject({
      declaredRevision: story.revisionA,
      rollout: { rollout: 'r-1', state: 'Completed' },
      targets: [{ sync: 'InSync', revision: story.revisionA, applied: { plan: story.planA } }],
    });
    expect(await at(path, second!)).toMatchObject({
      rollout: { rollout: 'r-2', state: 'Running' },
      targets: [{ sync: 'Planning', revision: story.revisionA, desiredRevision: story.revisionB }],
    });
    const response = await api.request('GET', `${path}?at=${joined!}`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'application-unknown' }]);
  });

  it('tell the history as far as it had come', async () => {
    const changes = async (instant: string) =>
      (await at('/v1/applications/default/checkout/history', instant)).items.map(
        (one) => [one.revision, (one.events as unknown[]).length] as const,
      );
    expect((await changes(first!)).map(([revision]) => revision)).toEqual([story.revisionA]);
    const [[newest, had] = []] = await changes(second!);
    const [, [, has] = []] = await changes(again!);
    expect(newest).toBe(story.revisionB);
    expect(had).toBeGreaterThan(0);
    expect(has).toBeGreaterThanOrEqual(had ?? 0);
  });

  it('give no manifests where nothing was applied, or what was is not stored', async () => {
    const path = '/v1/applications/default/checkout/manifests';
    expect((await api.request('GET', `${path}?at=${joined!}`)).status).toBe(404);
    expect(await at(path, again!)).toMatchObject({ targets: [] });
  });
});
