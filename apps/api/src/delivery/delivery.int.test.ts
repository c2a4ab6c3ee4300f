import { story } from '@syncline/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await ApiUnderTest.start();
  await api.append(...story.wholeStory);
});
afterAll(async () => {
  await api.close();
  await api.postgres.stop();
});

type Figures = { readonly name: string; readonly changes: number; readonly leadTimeSeconds: number | null };
type Answer = { readonly since: string; readonly until: string; readonly items: readonly Figures[] };
const ask = (query: string) => api.get<Answer>(`/v1/dora${query}`);

describe('the figures of delivery', () => {
  it('are of what the log tells, for each period and what it is told apart by', async () => {
    const { items } = await ask('?by=application&period=year');
    expect(items).toEqual([
      expect.objectContaining({ name: 'default/checkout', deployments: 2, changes: 2, failedChanges: 0 }),
    ]);
    expect(items[0]?.leadTimeSeconds).toBeGreaterThan(0);
    const clusters = (await ask('?by=cluster&period=year')).items.map(({ name }) => name);
    expect(clusters).toEqual(['prod-eu']);
  });

  it('are of the last ninety days where nothing else is asked for, and none of a time in which nothing began', async () => {
    const { since, until } = await ask('');
    expect(Date.parse(until) - Date.parse(since)).toBe(90 * 86_400_000);
    expect((await ask('?since=2020-01-01T00:00:00Z&until=2020-02-01T00:00:00Z')).items).toEqual([]);
  });

  it.each([
    ['?period=fortnight', 'period'],
    ['?by=colour', 'by'],
    ['?since=yesterday', 'since'],
    ['?since=2026-05-02T00:00:00Z&until=2026-05-01T00:00:00Z', 'since must be before until'],
  ])('are refused for %s, with what is wrong', async (query, text) => {
    const answer = await api.request('GET', `/v1/dora${query}`);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await answer.text()).toContain(text);
  });
});
