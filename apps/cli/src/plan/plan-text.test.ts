import { planDocument, type KubernetesOperation } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import { planText } from './plan-text.js';

const operation = (more: Partial<KubernetesOperation>): KubernetesOperation => ({
  kind: 'kubernetes',
  action: 'configure',
  certainty: 'confirmed',
  object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
  changes: [{ path: '/spec/replicas', change: 'changed', from: 5, to: 2 }],
  ...more,
});

const text = (one: KubernetesOperation): string => {
  const plan = planDocument.parse({
    version: 1, project: 'default', application: 'shop', destination: { kind: 'cluster', name: 'staging' },
    repository: 'fleet', revision: 'a'.repeat(40), cause: '1.0', render: 'b'.repeat(64), namespace: 'shop', predicted: false,
    operations: [one], prune: { enabled: true, budget: { maxObjects: 1, maxPercent: 1 } }, inventory: 1, policies: 'c'.repeat(64),
  }); // prettier-ignore
  return planText({ cluster: 'staging', plan, needs: [], refused: [] }, { fields: false, colour: false });
};

describe('a plan as text', () => {
  it('says from whom a takeover takes which fields, and their values', () => {
    const held = { manager: 'kubectl', operation: 'Update', subresource: 'scale', paths: ['/spec/replicas'] };
    const shown = text(operation({ action: 'takeover', takeovers: [{ ...held, ours: true }] }));
    expect(shown).toContain('takes /spec/replicas from kubectl (Update of scale), set by Syncline before');
    expect(shown).toContain('~ /spec/replicas: 5 → 2');
  });

  it('says who applied before what is adopted', () => {
    const adopts = [{ manager: 'helm', operation: 'Update', fieldCount: 7 }];
    expect(text(operation({ action: 'adopt', adopts }))).toContain(
      'applied before by helm (7 fields, which become ours)',
    );
  });

  it('says why an object is made anew, what allows it and what goes with it', () => {
    const replacement = {
      field: 'spec.selector',
      reason: 'no',
      allowedBy: 'x: "true"',
      takesAlong: 'its Pods',
    };
    const shown = text(operation({ action: 'replace', replacement }));
    expect(shown).toContain(
      'deleted and created anew: spec.selector cannot be changed (allowed by x: "true")',
    );
    expect(shown).toContain('goes with it: its Pods');
  });

  it('shows what is left to an autoscaler although nothing changes', () => {
    const conceded = [{ manager: 'HorizontalPodAutoscaler web', paths: ['/spec/replicas'] }];
    const shown = text(operation({ action: 'unchanged', changes: [], conceded }));
    expect(shown).toContain('leaves /spec/replicas to HorizontalPodAutoscaler web');
  });
});
