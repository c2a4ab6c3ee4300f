import type { PlanDocument } from '@syncline/events';
import { digestOf } from '@syncline/kernel';
import { describe, expect, test } from 'vitest';

import { verifyPlan } from './plan-inputs.js';

const name = { cluster: 'prod-eu', project: 'default', application: 'checkout' };
const ref = { digest: 'c'.repeat(64), size: 1, mediaType: 'application/json' };
const plan: PlanDocument = {
  version: 1,
  project: 'default',
  application: 'checkout',
  destination: { kind: 'cluster', name: 'prod-eu' },
  repository: 'fleet',
  revision: '1'.repeat(40),
  cause: '7.0',
  render: 'd'.repeat(64),
  namespace: 'checkout',
  predicted: false,
  operations: [],
  prune: { enabled: true, budget: { maxObjects: 1, maxPercent: 1 } },
  inventory: 0,
  policies: digestOf([]),
};
const partsOf = (document: unknown) => ({
  plan: digestOf(document),
  revision: plan.revision,
  document: ref,
  manifests: ref,
  render: plan.render,
});
const verify =
  (document: unknown, parts = partsOf(document)) =>
  () =>
    verifyPlan(document, parts, name);

describe('an approved plan', () => {
  test('is what its digest says', () => {
    expect(verify(plan)()).toEqual(plan);
  });

  test('is refused where any byte of it is another', () => {
    const code = 'plan-digest-mismatch';
    expect(verify({ ...plan, namespace: 'kube-system' }, partsOf(plan))).toThrow(
      expect.objectContaining({ code }),
    );
    expect(verify({ ...plan, more: true }, partsOf(plan))).toThrow(expect.objectContaining({ code }));
  });

  test('is refused for another target than the one that it is for', () => {
    const elsewhere = [
      { ...plan, project: 'other' },
      { ...plan, application: 'other' },
      { ...plan, destination: { kind: 'cluster', name: 'prod-us' } },
      { ...plan, revision: '2'.repeat(40) },
      { ...plan, render: 'e'.repeat(64) },
    ];
    for (const document of elsewhere)
      expect(verify(document)).toThrow(expect.objectContaining({ code: 'plan-misplaced' }));
  });

  test('is refused where it holds a refused operation', () => {
    const object = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'checkout', name: 'settings' };
    const operation = { kind: 'kubernetes', action: 'takeover', certainty: 'refused', object, changes: [] };
    expect(verify({ ...plan, operations: [operation] })).toThrow(
      expect.objectContaining({ code: 'plan-refused' }),
    );
  });

  test('is refused where this version cannot read it', () => {
    expect(verify({ ...plan, version: 2 })).toThrow(expect.objectContaining({ code: 'plan-unreadable' }));
  });
});
