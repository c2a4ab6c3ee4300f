import { fold } from '@syncline/kernel';
import { expect, it } from 'vitest';

import { applicationAggregate } from './application.js';
import type { ApplicationCommand, ApplicationState, LoggedApplicationEvent } from './state.js';

const { decider } = applicationAggregate;
const declared: ApplicationState = {
  status: 'declared',
  repository: 'fleet',
  revision: 'a'.repeat(40),
  members: {},
  spec: {
    ...{ project: 'default', name: 'checkout', labels: {}, namespace: 'checkout', renderer: 'detect' },
    source: { repository: 'fleet', path: 'checkout' },
    placement: { clusters: { matchLabels: {} }, overrides: [] },
    sync: { mode: 'automatic', prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } } },
    health: { timeoutSeconds: 300 },
  },
};
const pause: ApplicationCommand = { type: 'pause', by: 'person:1', reason: 'the database moves' };
const resume: ApplicationCommand = { type: 'resume', by: 'person:2' };
const at = (events: readonly LoggedApplicationEvent[]): readonly LoggedApplicationEvent[] =>
  events.map((event) => ({ ...event, occurredAt: '2026-11-24T06:00:00.000Z' }));

it('an application is paused once, by the first who asks, and says since when', () => {
  const paused = fold(decider, at(decider.decide(declared, pause)), declared);
  expect(paused).toMatchObject({
    pause: { by: 'person:1', reason: 'the database moves', since: '2026-11-24T06:00:00.000Z' },
  });
  expect(decider.decide(paused, { ...pause, by: 'person:2' })).toEqual([]);
});

it('an application is resumed once', () => {
  const paused = fold(decider, at(decider.decide(declared, pause)), declared);
  expect(decider.decide(declared, resume)).toEqual([]);
  expect(fold(decider, decider.decide(paused, resume), paused)).toEqual(declared);
});

it('an application that nobody declares cannot be paused', () => {
  expect(() => decider.decide({ status: 'undeclared' }, pause)).toThrow(/No repository declares/);
  expect(() => decider.decide({ status: 'retired' }, resume)).toThrow(/No repository declares/);
});
