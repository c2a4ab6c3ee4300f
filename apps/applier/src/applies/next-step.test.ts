import { targetAggregate, type LoggedTargetEvent } from '@syncline/domain';
import type { PlanEvent } from '@syncline/events';
import { fold } from '@syncline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { currentPlan } from './current-plan.js';
import { nextStep } from './next-step.js';

const [planA, planB] = ['a'.repeat(64), 'b'.repeat(64)];
const revision = '1'.repeat(40);
const common = { rollout: 'r', revision };
const ref = { digest: 'c'.repeat(64), size: 1, mediaType: 'application/json' };

const requested: PlanEvent = {
  type: 'PlanRequested',
  data: {
    ...common,
    reason: 'rollout',
    spec: {
      repository: 'fleet',
      path: 'web',
      renderer: 'plain',
      namespace: 'web',
      substitute: {},
      patches: [],
      mode: 'automatic',
      prune: { enabled: true, budget: { maxObjects: 1, maxPercent: 1 } },
      healthTimeoutSeconds: 42,
    },
  },
};
const drafted = (plan: string): PlanEvent => ({
  type: 'PlanDrafted',
  data: {
    ...common,
    plan,
    change: plan,
    document: ref,
    manifests: ref,
    render: 'd'.repeat(64),
    actions: {},
    certainties: {},
    predicted: false,
    needs: [],
    refused: [],
  },
});
const approved = (plan: string): PlanEvent => ({
  type: 'PlanApproved',
  data: { ...common, plan, by: 'rule' },
});
const superseded: PlanEvent = { type: 'PlanSuperseded', data: { ...common, plan: planA, by: revision } };
const invalidated: PlanEvent = { type: 'PlanInvalidated', data: { ...common, plan: planA, reason: 'moved' } };
const released: PlanEvent = { type: 'TargetReleased', data: { reason: 'retired', revision } };
const started = (plan: string): LoggedTargetEvent => ({
  type: 'ApplyStarted',
  data: { attempt: `of-${plan[0]}`, plan, revision, fence: 1, operations: {} },
});
const failed = (plan: string): LoggedTargetEvent => ({
  type: 'ApplyFailed',
  data: { attempt: `of-${plan[0]}`, plan, revision, code: 'invalid', reason: 'no' },
});
const errored = (plan: string): LoggedTargetEvent => ({
  type: 'ApplyErrored',
  data: { attempt: `of-${plan[0]}`, plan, revision, code: 'timeout', reason: 'slow', retryInSeconds: 1 },
});

const step = (plans: readonly PlanEvent[], targets: readonly LoggedTargetEvent[] = []) =>
  nextStep(fold(currentPlan.decider, plans), fold(targetAggregate.decider, targets));

describe('what is to be done about a target', () => {
  test('a drafted plan is not applied before it is approved', () => {
    expect(step([requested, drafted(planA)])).toEqual({ do: 'nothing' });
  });

  test('an approved plan is applied', () => {
    expect(step([requested, drafted(planA), approved(planA)])).toMatchObject({
      do: 'apply',
      approved: { parts: { plan: planA }, healthTimeoutSeconds: 42 },
    });
  });

  test('an approval of another digest approves nothing', () => {
    expect(step([requested, drafted(planA), approved(planB)])).toEqual({ do: 'nothing' });
  });

  test('a plan that was superseded or found void is not applied', () => {
    expect(step([drafted(planA), approved(planA), superseded, requested])).toEqual({ do: 'nothing' });
    expect(step([drafted(planA), approved(planA), invalidated])).toEqual({ do: 'nothing' });
  });

  test('a plan that has ended is not applied again; one whose attempt broke is', () => {
    const plans = [drafted(planA), approved(planA)];
    expect(step(plans, [started(planA), failed(planA)])).toEqual({ do: 'nothing' });
    expect(step(plans, [started(planA), errored(planA)])).toMatchObject({ do: 'apply' });
  });

  test('an attempt that a crash left open is closed where its plan is void, and taken up where it is current', () => {
    const plans = [drafted(planA), approved(planA)];
    expect(step(plans, [started(planA)])).toMatchObject({ do: 'apply' });
    expect(step([...plans, superseded, requested], [started(planA)])).toMatchObject({
      do: 'close',
      attempt: 'of-a',
    });
    expect(step([drafted(planB), approved(planB)], [started(planA)])).toMatchObject({
      do: 'apply',
      approved: { parts: { plan: planB } },
    });
  });

  test('a released target is orphaned, where anything was ever done to it', () => {
    expect(step([released], [started(planA), failed(planA)])).toEqual({ do: 'orphan', reason: 'retired' });
    expect(step([released])).toEqual({ do: 'nothing' });
  });

  test('after any history, only the newest approved plan is ever applied', () => {
    const event = fc.constantFrom(
      requested,
      superseded,
      invalidated,
      released,
      ...[planA, planB].flatMap((plan) => [drafted(plan), approved(plan)]),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), (plans) => {
        const next = step(plans);
        if (next.do !== 'apply') return;
        const { plan } = next.approved.parts;
        const newest = plans.findLastIndex(({ type }) => type === 'PlanDrafted');
        expect(plans[newest]).toEqual(drafted(plan));
        const since = plans.slice(newest + 1);
        expect(since).toContainEqual(approved(plan));
        expect(since.every(({ type }) => type === 'PlanApproved')).toBe(true);
      }),
    );
  });
});
