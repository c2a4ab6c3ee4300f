import type { StoredEvent } from '@syncline/kernel';
import { describe, expect, test } from 'vitest';

import { misplaced } from './placement.js';

const link = 'ev.cluster.c%2E1.link';
const service = 'ev.cluster.c%2E1.service';
const event = (more: Partial<StoredEvent>): StoredEvent => ({
  ...{ type: 'ClusterConnected', data: { cluster: 'c.1', kubernetesVersion: 'v1' }, id: 'x', subject: link },
  ...{ position: { sequence: 1, index: 0 }, occurredAt: 'now', recordedAt: 'now', version: 1, source: 's' },
  ...{ actor: 'service:applier', correlationId: 'c', ...more },
});
const parked = { service: 'applier', reaction: 'c.1', subject: 'ev.plan.c%2E1.p.a', position: '1.0' };

describe('what an applier writes', () => {
  test('is taken where it speaks of its own cluster, as itself', () => {
    expect(misplaced(link, event({}))).toBeUndefined();
    const resumed = { type: 'SubjectResumed', data: parked, subject: service, actor: 'person:1' };
    expect(misplaced(service, event(resumed))).toBeUndefined();
  });

  test.each([
    ['under another subject', link, { subject: 'ev.cluster.c2.link' }],
    ['under a subject of the hub', link, { subject: 'ev.fleet.c%2E1' }],
    ['in the name of another', link, { actor: 'person:admin' }],
    ['of another cluster', link, { data: { cluster: 'c2', kubernetesVersion: 'v1' } }],
    ['what others say', link, { type: 'PlanApproved' }],
    ['what it says elsewhere', link, { type: 'ServiceStarted' }],
    ['on a subject of no kind', 'ev.cluster.c%2E1.x', { subject: 'ev.cluster.c%2E1.x' }],
    ['of a service of the hub', service, { type: 'ServiceStarted', subject: service, data: { service: 'planner' } }],
    ['of what others are held by', service, { type: 'SubjectParked', subject: service, data: { ...parked, subject: 'ev.plan.c2.p.a' } }],
  ])('is not taken where it speaks %s', (_, subject, more) => {
    expect(misplaced(subject, event(more))).toBeDefined();
  }); // prettier-ignore
});

test('what the hub’s services write is taken where it names the subject that it stands on', () => {
  const fleet = {
    subject: 'ev.fleet.c1',
    type: 'ClusterRemoved',
    actor: 'person:1',
    data: { cluster: 'c1' },
  };
  expect(misplaced('ev.fleet.c1', event(fleet))).toBeUndefined();
  expect(misplaced('ev.fleet.c2', event(fleet))).toBeDefined();
});
