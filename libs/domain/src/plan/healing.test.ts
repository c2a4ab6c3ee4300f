import type { TargetSpec } from '@syncline/events';
import { fold } from '@syncline/kernel';
import { describe, expect, it } from 'vitest';

import { mostHeals } from './healing.js';
import { planAggregate } from './plan.js';
import type { LoggedPlanEvent, PlanCommand } from './state.js';

const { decider } = planAggregate;
const revision = '1'.repeat(40);
const [planA, planB] = ['a'.repeat(64), 'b'.repeat(64)];
const blob = { digest: '0'.repeat(64), size: 1, mediaType: 'application/json' };
const common = { rollout: 'r1', revision };

const spec = (more: Partial<TargetSpec> = {}): TargetSpec => ({
  repository: 'fleet',
  path: 'checkout',
  renderer: 'detect',
  namespace: 'checkout',
  substitute: {},
  patches: [],
  mode: 'automatic',
  prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } },
  drift: 'heal',
  healthTimeoutSeconds: 300,
  ...more,
});
const requested = (of = spec()): LoggedPlanEvent => ({
  type: 'PlanRequested',
  data: { ...common, reason: 'rollout', spec: of },
  position: { sequence: 1, index: 0 },
});
const approved: LoggedPlanEvent = {
  type: 'PlanApproved',
  data: { ...common, plan: planA, by: 'rule:automatic' },
};
const draft = (needs: string[] = []): PlanCommand => ({
  type: 'draft',
  request: '9.0',
  draft: {
    ...{ plan: planB, change: 'c'.repeat(64), document: blob, manifests: blob, render: 'e'.repeat(64) },
    ...{ actions: { takeover: 1 }, certainties: { confirmed: 1 }, predicted: false, needs, refused: [] },
  },
});
const heal = (minute = 0, plan = planA): PlanCommand => ({
  type: 'heal',
  plan,
  ending: { plan: planA, outcome: 'succeeded' },
  what: 'Deployment checkout/web /spec/replicas by kubectl-edit',
  at: new Date(Date.UTC(2026, 10, 24, 6, minute)).toISOString(),
});
const given = (...events: readonly LoggedPlanEvent[]) => fold(decider, events);
const healRequest = (of = spec(), minute = 0): LoggedPlanEvent => ({
  type: 'PlanRequested',
  data: { ...common, reason: 'heal', spec: of },
  position: { sequence: 9, index: 0 },
  occurredAt: new Date(Date.UTC(2026, 10, 24, 6, minute)).toISOString(),
});

describe('healing', () => {
  it('asks for a plan where the application heals and the target rests at the plan that is drifted from', () => {
    expect(decider.decide(given(requested(), approved), heal())).toEqual([
      { type: 'PlanRequested', data: { ...common, reason: 'heal', spec: spec() } },
    ]);
    expect(decider.decide(given(requested(), approved), heal(0, planB))).toEqual([]);
    expect(decider.decide(given(requested()), heal())).toEqual([]);
    expect(decider.decide(given(), heal())).toEqual([]);
  });

  it('does nothing where drift is only detected or nothing is ever applied', () => {
    for (const of of [spec({ drift: 'detect' }), spec({ mode: 'observe' })])
      expect(decider.decide(given(requested(of), approved), heal())).toEqual([]);
  });

  it('is approved by its rule, also where a person approves plans, but never what needs a person', () => {
    for (const mode of ['automatic', 'approval'] as const) {
      const state = given(requested(spec({ mode })), approved, healRequest(spec({ mode })));
      const events = decider.decide(state, draft());
      expect(events.at(-1)).toMatchObject({ type: 'PlanApproved', data: { by: 'rule:heal', plan: planB } });
      expect(decider.decide(state, draft(['a person']))).toHaveLength(1);
    }
  });

  it('that a pause held is still what heals when it is resumed, and not when a new revision came', () => {
    const held: LoggedPlanEvent = {
      type: 'PlanHeld',
      data: { ...common, by: 'pause', reason: 'wait', since: '2026-11-24T06:00:00Z' },
    };
    const asked = (reason: 'resumed' | 'rollout'): LoggedPlanEvent => ({
      ...healRequest(spec({ mode: 'approval' })),
      type: 'PlanRequested',
      data: { ...common, reason, spec: spec({ mode: 'approval' }) },
    });
    const paused = [
      requested(spec({ mode: 'approval' })),
      approved,
      healRequest(spec({ mode: 'approval' })),
      held,
    ];
    const resumed = decider.decide(given(...paused, asked('resumed')), draft());
    expect(resumed.at(-1)).toMatchObject({ type: 'PlanApproved', data: { by: 'rule:heal' } });
    expect(decider.decide(given(...paused, asked('rollout'), held, asked('resumed')), draft())).toHaveLength(
      1,
    );
  });

  it('of what comes back again and again is held, and goes on after some time', () => {
    const history: LoggedPlanEvent[] = [requested(), approved];
    for (let minute = 0; minute < mostHeals; minute += 1) {
      expect(decider.decide(given(...history), heal(minute))).toMatchObject([{ type: 'PlanRequested' }]);
      history.push(healRequest(spec(), minute), approved);
    }
    const [held] = decider.decide(given(...history), heal(mostHeals));
    expect(held).toMatchObject({ type: 'PlanHeld' });
    expect((held?.data as { reason: string }).reason).toContain('/spec/replicas by kubectl-edit');
    expect(decider.decide(given(...history), heal(30))).toMatchObject([{ type: 'PlanRequested' }]);
  });
});
