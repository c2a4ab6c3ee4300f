import { describe, expect, test } from 'vitest';

import type { Target } from '../client/contract.js';
import { fleetTable, targetRecord } from './fleet-table.js';

const now = new Date('2026-05-04T14:32:00Z');
const [first, second] = ['4f1c2ab'.padEnd(40, '0'), '9d03e77'.padEnd(40, '0')];

const healthy: Target = {
  project: 'default',
  application: 'checkout',
  cluster: 'staging',
  revision: second,
  desiredRevision: second,
  plan: 'a'.repeat(64),
  sync: 'InSync',
  health: 'Current',
  since: '2026-05-04T14:31:00Z',
};
const waiting: Target = { ...healthy, cluster: 'prod-eu', revision: first, sync: 'AwaitingApproval' };
const failed: Target = {
  ...healthy,
  cluster: 'prod-us',
  sync: 'Failed',
  health: 'Failed',
  message: 'no such image',
};

const table = (targets: readonly Target[], colour = false): string =>
  fleetTable({ targets: [...targets], position: '1842.0' }, { now, colour });

describe('the table of a fleet', () => {
  test('shows what runs, what should, why not, and what to do next', () => {
    expect(table([healthy, waiting, failed])).toBe(
      [
        'APPLICATION  CLUSTER  REVISION           SYNC              HEALTH   SINCE',
        'checkout     staging  9d03e77            InSync            Current  1 min',
        'checkout     prod-eu  4f1c2ab → 9d03e77  AwaitingApproval  Current  1 min  syncline plan checkout --cluster prod-eu',
        'checkout     prod-us  9d03e77            Failed            Failed   1 min  no such image',
        '1 of 3 in sync. Log position 1842.0.',
      ].join('\n'),
    );
  });

  test('names the project where the name alone is not unique', () => {
    expect(table([healthy, { ...healthy, project: 'payments' }])).toContain('payments/checkout');
    expect(table([healthy])).not.toContain('default/checkout');
  });

  test('shows a first revision on its way, and says so where there is nothing', () => {
    expect(table([{ ...healthy, revision: null, sync: 'Planning' }])).toContain('→ 9d03e77');
    expect(table([])).toBe('No application is placed on a cluster yet. Log position 1842.0.');
  });

  test('has colour on a terminal alone', () => {
    expect(table([failed], true)).toContain('\u001b[31mFailed\u001b[0m');
    expect(table([failed])).not.toContain('\u001b');
  });
});

test('a target for programs has the promised fields in their order', () => {
  expect(Object.keys(targetRecord(healthy))).toEqual([
    'project', 'application', 'cluster', 'revision', 'desiredRevision', 'plan', 'sync', 'health', 'since',
  ]); // prettier-ignore
});
