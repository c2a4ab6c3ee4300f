import { story } from '@syncline/testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { ApiUnderTest } from '../testing/api-under-test.js';

type Why = {
  readonly targets: readonly {
    readonly sync: string;
    readonly holds: readonly { readonly by: string; readonly sentence: string }[];
    readonly runs?: {
      readonly plan?: string;
      readonly chain: readonly { step: string; sentence: string; position?: string }[];
    };
  }[];
};

let api: ApiUnderTest;
const append = async (...decisions: readonly story.Decision[]): Promise<string> => {
  await api.append(...decisions);
  await delay(5);
  const instant = new Date().toISOString();
  await delay(5);
  return instant;
};

describe('why a target is as it is', () => {
  const all = story.wholeStory;
  let [undeclared, declared, first, waiting, paused]: string[] = [];

  beforeAll(async () => {
    api = await ApiUnderTest.start();
    undeclared = await append(...all.slice(0, 5));
    declared = await append(...all.slice(5, 8));
    first = await append(...all.slice(8, 12));
    waiting = await append(...all.slice(12, 17));
    paused = await append({
      subject: 'ev.app.default.checkout',
      events: [
        {
          type: 'ApplicationPaused',
          data: { project: 'default', application: 'checkout', by: 'person:abababababababababababab', reason: 'the sale' },
        },
      ],
    }); // prettier-ignore
    await append(...all.slice(17));
  });
  afterAll(async () => {
    await api.close();
    await api.postgres.stop();
  });

  const why = async (at?: string) => {
    const { targets } = await api.get<Why>(`/v1/why/default/checkout${at === undefined ? '' : `?at=${at}`}`);
    return targets[0];
  };

  it('goes from what runs back to the commit, each step with the event that says it', async () => {
    const target = await why();
    expect(target?.runs?.chain.map(({ step }) => step)).toEqual([
      'health', 'apply', 'approval', 'plan', 'request', 'rollout', 'configuration', 'revision', 'commit',
    ]); // prettier-ignore
    const sentences = target?.runs?.chain.map(({ sentence }) => sentence).join('\n');
    expect(sentences).toContain('was applied: 2 created');
    expect(sentences).toMatch(/It needed a person: the plan removes 1 object/);
    expect(sentences).toMatch(/approved by person abab.*: seen/);
    expect(sentences).toContain('A forgotten person committed "Raise the cart limit');
    const { events } = {
      events: await api.get<{ items: { position: string; type: string }[] }>('/v1/events?limit=500'),
    };
    const types = new Map(events.items.map(({ position, type }) => [position, type]));
    const said = target?.runs?.chain.map(({ position }) => position && types.get(position));
    expect(said).toEqual([
      'HealthTransitioned', 'ApplySucceeded', 'PlanApproved', 'PlanDrafted', 'PlanRequested', 'RolloutStarted',
      'ConfigurationAccepted', 'RevisionDetected', undefined,
    ]); // prettier-ignore
  });

  it('says what ran and what held it then', async () => {
    expect(await why(declared)).toMatchObject({ sync: 'Applying', holds: [] });
    expect((await why(declared))?.runs).toBeUndefined();
    expect(await why(first)).toMatchObject({ sync: 'InSync', holds: [], runs: { plan: story.planA } });
    expect(await why(waiting)).toMatchObject({ holds: [{ by: 'approval' }], runs: { plan: story.planA } });
    expect((await why(waiting))?.runs?.chain[2]).toMatchObject({
      sentence: 'It was approved by rule automatic.',
    });
    expect(await why(paused)).toMatchObject({
      holds: [{ by: 'pause', sentence: expect.stringContaining('the sale') as string }, { by: 'approval' }],
    });
    expect((await why(first))?.runs?.chain.some(({ sentence }) => sentence.includes('bbbbbbb'))).toBe(false);
  });

  it('knows no application before it was declared', async () => {
    const response = await api.request('GET', `/v1/why/default/checkout?at=${undeclared!}`);
    expect([response.status, await response.json()]).toMatchObject([404, { code: 'application-unknown' }]);
  });
});
