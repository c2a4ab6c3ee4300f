import { describe, expect, test } from 'vitest';

import { driftTable, whatText, type Drift } from './drift-table.js';

const now = new Date('2026-05-04T14:32:00Z');
const replicas = { path: '/spec/replicas', from: 2, to: 5, manager: 'kubectl-edit' };
const open: Drift = {
  project: 'default',
  application: 'checkout',
  cluster: 'prod-eu',
  firstSeen: '2026-05-04T14:30:00Z',
  until: null,
  objects: [
    {
      object: { kind: 'Deployment', namespace: 'checkout', name: 'web' },
      change: 'changed',
      fields: [replicas],
      fieldCount: 1,
    },
  ],
  objectCount: 1,
  flaps: 0,
};
const past = (endedBy: string, manager?: string): Drift => ({
  ...open,
  cluster: 'prod-us',
  until: '2026-05-04T14:31:30Z',
  lifetimeSeconds: 90,
  endedBy,
  ...(manager !== undefined && { manager }),
});
const [object] = open.objects;

describe('the table of drift', () => {
  test('shows what, by whom, since when, and who put it back after how long', () => {
    const what = 'Deployment checkout/web /spec/replicas 2 → 5 by kubectl-edit';
    const all = [open, past('cluster', 'helm'), past('cluster'), past('heal', 'syncline'), past('released')];
    expect(driftTable(all, { now, colour: false })).toBe(
      [
        'APPLICATION  CLUSTER  SINCE  ENDED                                           WHAT',
        `checkout     prod-eu  2 min  open                                            ${what}`,
        `checkout     prod-us  2 min  after 1 min, undone by helm                     ${what}`,
        `checkout     prod-us  2 min  after 1 min, undone by somebody in the cluster  ${what}`,
        `checkout     prod-us  2 min  after 1 min, healed by a plan                   ${what}`,
        `checkout     prod-us  2 min  after 1 min, no longer ours                     ${what}`,
      ].join('\n'),
    );
  });

  test('has colour on a terminal alone', () => {
    expect(driftTable([open], { now, colour: true })).toContain('\u001b[33mopen\u001b[0m');
    expect(driftTable([open], { now, colour: false })).not.toContain('\u001b');
  });
});

describe('what drifted', () => {
  test('is the first of it, and how much more there is', () => {
    const many = { ...open, objects: [{ ...object!, fieldCount: 3 }], objectCount: 2, flaps: 1 };
    expect(whatText(many)).toBe(
      'Deployment checkout/web /spec/replicas 2 → 5 by kubectl-edit and 2 more fields, 1 more object, came and went 1 time',
    );
  });

  test('is an object that is gone, a value that is gone, and long or hidden values in short', () => {
    const of = (more: object): Drift => ({ ...open, objects: [{ ...object!, ...more }] });
    expect(whatText(of({ change: 'deleted', fields: [] }))).toBe('Deployment checkout/web deleted');
    expect(whatText(of({ fields: [{ path: '/data/a', from: 'x' }] }))).toContain('/data/a x → nothing');
    expect(whatText(of({ fields: [{ path: '/data/a' }] }))).toBe('Deployment checkout/web /data/a');
    const long = whatText(of({ fields: [{ path: '/data/a', from: 'x'.repeat(300), to: { b: [1] } }] }));
    expect(long).toContain(`${'x'.repeat(39)}… → {"b":[1]}`);
  });
});
