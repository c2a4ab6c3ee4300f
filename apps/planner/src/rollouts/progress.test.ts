import type { PlanState, Request } from '@syncline/domain';
import type { TargetEvent, TargetSpec } from '@syncline/events';
import { fold } from '@syncline/kernel';
import { describe, expect, it } from 'vitest';

import { outcomeAggregate } from './outcome.js';
import { endingOf, progressOf } from './progress.js';

const revision = 'a'.repeat(40);
const plan = '1'.repeat(64);
const other = '2'.repeat(64);
const blob = { digest: '0'.repeat(64), size: 1, mediaType: 'application/json' };
const spec: TargetSpec = {
  repository: 'fleet',
  path: 'checkout',
  renderer: 'detect',
  namespace: 'checkout',
  substitute: {},
  patches: [],
  mode: 'automatic',
  prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } },
  healthTimeoutSeconds: 300,
};
const request: Request = {
  rollout: 'r1',
  revision,
  spec,
  position: '1.0',
  correlationId: 'c',
  stale: 0,
  heals: false,
  healedAt: [],
};
const approved: PlanState = { status: 'approved', request, plan };
const wanted = { revision, spec };

const attempt = (of: string) => ({ attempt: 'a1', plan: of, revision });
const started = (of = plan): TargetEvent => ({
  type: 'ApplyStarted',
  data: { ...attempt(of), fence: 1, operations: {} },
});
const succeeded = (of = plan): TargetEvent => ({
  type: 'ApplySucceeded',
  data: { ...attempt(of), inventory: blob, render: '3'.repeat(64), manifests: blob },
});
const health = (to: 'Current' | 'Failed' | 'InProgress', of = plan): TargetEvent => ({
  type: 'HealthTransitioned',
  data: {
    revision,
    plan: of,
    from: 'Unknown',
    to,
    objects:
      to === 'Failed'
        ? [
            {
              object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'checkout', name: 'web' },
              health: to,
              message: 'no image',
            },
          ]
        : [],
    objectCount: 1,
  },
});
const failure: TargetEvent = {
  type: 'ApplyFailed',
  data: { ...attempt(plan), code: 'invalid', reason: 'no' },
};

const after = (...events: TargetEvent[]) => fold(outcomeAggregate.decider, events);
const status = (...events: TargetEvent[]) => progressOf(approved, after(...events), wanted).status;

describe('an approved plan', () => {
  it('is done when it is applied and Current, in whatever order these are said', () => {
    expect(status(started())).toBe('pending');
    expect(status(started(), succeeded())).toBe('pending');
    expect(status(started(), succeeded(), health('Current'))).toBe('done');
    expect(status(started(), health('Current'), succeeded())).toBe('done');
    expect(status(started(), succeeded(), health('Current'), health('InProgress'))).toBe('pending');
  });

  it('is not done by the health or the end of another plan', () => {
    expect(status(started(other), succeeded(other), health('Current', other))).toBe('pending');
    expect(status(started(), succeeded(), health('Current', other))).toBe('pending');
  });

  it('fails with the reason of its apply or of its worst object', () => {
    expect(progressOf(approved, after(started(), failure), wanted)).toEqual({
      status: 'failed',
      reason: 'no',
    });
    expect(progressOf(approved, after(started(), succeeded(), health('Failed')), wanted)).toEqual({
      status: 'failed',
      reason: 'Deployment checkout/web: no image',
    });
  });
});

describe('a target', () => {
  it('counts only at the revision and spec that the rollout wants', () => {
    const unchanged: PlanState = { status: 'unchanged', request };
    expect(progressOf(unchanged, after(), wanted).status).toBe('done');
    expect(progressOf(unchanged, after(), { ...wanted, revision: 'b'.repeat(40) }).status).toBe('pending');
    expect(progressOf(unchanged, after(), { ...wanted, spec: { ...spec, path: 'x' } }).status).toBe(
      'pending',
    );
  });

  it('waits for a person, and fails where its plan is refused', () => {
    const drafted = { status: 'drafted', request, plan, needs: ['look'], refused: [] as string[] } as const;
    expect(progressOf(drafted, after(), wanted).status).toBe('pending');
    expect(progressOf({ ...drafted, refused: ['no such field'] }, after(), wanted)).toEqual({
      status: 'failed',
      reason: 'no such field',
    });
  });
});

it('an apply has ended when it succeeded or failed', () => {
  expect(endingOf(after(started()))).toBeUndefined();
  expect(endingOf(after(started(), succeeded()))).toEqual({ plan, outcome: 'succeeded' });
  expect(endingOf(after(started(), failure))).toEqual({ plan, outcome: 'failed' });
});
