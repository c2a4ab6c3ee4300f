import type { TargetSpec } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import { planAggregate } from './plan.js';
import type { PlanCommand, PlanState } from './state.js';

const { decider } = planAggregate;
const [before, now] = ['a'.repeat(40), 'b'.repeat(40)];
const plan = '1'.repeat(64);
const blob = { digest: '0'.repeat(64), size: 1, mediaType: 'application/json' };
const paused = { reason: 'the database moves', since: '2026-11-24T06:00:00.000Z' };
const spec: TargetSpec = {
  ...{ repository: 'fleet', path: 'checkout', renderer: 'detect', namespace: 'checkout', substitute: {}, patches: [] },
  ...{ mode: 'automatic', prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } } },
  healthTimeoutSeconds: 300,
}; // prettier-ignore

const ask = (revision: string, more: Partial<Extract<PlanCommand, { type: 'request' }>> = {}) =>
  ({ type: 'request', rollout: 'r1', revision, reason: 'rollout', spec, ...more }) as const;
const drafted = (request: string): PlanCommand => ({
  type: 'draft',
  request,
  draft: {
    ...{ plan, change: '2'.repeat(64), document: blob, manifests: blob, render: '3'.repeat(64) },
    ...{ actions: {}, certainties: {}, predicted: false, needs: [], refused: [] },
  },
});

/** Runs commands one after the other, each decision one message. */
const after = (...commands: readonly PlanCommand[]): PlanState => {
  let state: PlanState = decider.initial;
  commands.forEach((command, at) =>
    decider.decide(state, command).forEach((event, index) => {
      state = decider.evolve(state, { ...event, position: { sequence: at + 1, index } });
    }),
  );
  return state;
};
const typesOf = (state: PlanState, command: PlanCommand): readonly string[] =>
  decider.decide(state, command).map(({ type }) => type);

const pause = { type: 'pause', ...paused } as const;
const approved = [ask(now), drafted('1.0')] as const;

describe('a pause', () => {
  it('holds what is asked for, and supersedes what is approved or under way', () => {
    expect(typesOf(after(ask(now)), pause)).toEqual(['PlanHeld']);
    expect(typesOf(after(...approved), pause)).toEqual(['PlanSuperseded', 'PlanHeld']);
    expect(decider.decide(after(ask(now)), pause)).toMatchObject([
      { data: { by: 'pause', since: paused.since, reason: 'The application is paused: the database moves' } },
    ]);
  });

  it('leaves a target as it is that has nothing before it', () => {
    const ending = { plan, outcome: 'succeeded' } as const;
    expect(typesOf(after(...approved), { ...pause, ending })).toEqual([]);
    expect(typesOf(after(), pause)).toEqual([]);
    expect(typesOf(after(ask(now), pause), pause)).toEqual([]);
  });

  it('holds what comes meanwhile, the latest alone', () => {
    const state = after(ask(before), pause);
    expect(typesOf(state, ask(now, { paused }))).toEqual(['PlanRequested', 'PlanHeld']);
    expect(after(ask(before), pause, ask(now, { paused }))).toMatchObject({
      status: 'held',
      by: 'pause',
      request: { revision: now },
    });
  });

  it('outlasts a cluster that comes back, and ends with the resume alone', () => {
    const state = after(ask(now), pause);
    expect(typesOf(state, { type: 'return' })).toEqual([]);
    expect(decider.decide(state, { type: 'resume' })).toMatchObject([
      { type: 'PlanRequested', data: { reason: 'resumed', revision: now } },
    ]);
  });

  it('takes over a target whose cluster is away, which a resume asks for again', () => {
    const held = after(ask(now), {
      type: 'hold',
      by: 'cluster',
      request: '1.0',
      reason: 'no answer',
      since: paused.since,
    });
    expect(typesOf(held, { type: 'resume' })).toEqual([]);
    expect(typesOf(held, pause)).toEqual(['PlanHeld']);
  });
});
