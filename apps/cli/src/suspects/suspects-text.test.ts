import { describe, expect, it } from 'vitest';

import { suspectsText, type Suspects } from './suspects-text.js';

type Failure = Suspects['failing'][number];

const screen = { now: new Date('2026-05-04T14:32:00Z'), colour: false };
const web = { kind: 'Deployment', namespace: 'checkout', name: 'web' };
const path = '/spec/template/spec/containers/[name=web]/image';
const suspect = {
  relation: 'object',
  project: 'default',
  application: 'checkout',
  revision: '9d03e77'.padEnd(40, '0'),
  state: 'Succeeded',
  startedAt: '2026-05-04T14:31:08Z',
  approvedBy: 'rule:automatic',
  message: 'Raise the cart limit\n\nAs asked for.',
  author: 'Ada',
  touched: [
    { object: web, action: 'configure', changes: [{ path, from: 'web:1.41', to: 'web:1.42' }], more: 2 },
  ],
  touchedCount: 2,
};
const failing: Failure = {
  project: 'default',
  application: 'checkout',
  cluster: 'prod-eu',
  sync: 'InSync',
  health: 'Failed',
  since: '2026-05-04T14:31:30Z',
  message: null,
  objects: [{ ...web, message: '2 pods cannot pull "web:1.42"' }],
  suspects: [suspect],
  suspectsUnread: 0,
  drift: [],
};
const textOf = (...all: readonly Failure[]): string =>
  suspectsText({ within: '24 h', failing: [...all] }, screen).replaceAll(/\d\d:\d\d:\d\d/g, 'TIME');

describe('what fails, as people read it', () => {
  it('names the change, who made it and who allowed it, and what it changed of what fails', () => {
    expect(textOf(failing)).toBe(
      [
        'default/checkout on prod-eu: Failed since 30 s (TIME)',
        '  Deployment checkout/web: 2 pods cannot pull "web:1.42"',
        'In the 24 h before:',
        '  TIME  checkout 9d03e77 "Raise the cart limit", Ada, approved by rule automatic: touched what fails',
        '    configure Deployment checkout/web',
        `      ${path}  web:1.41 → web:1.42`,
        '      and 2 more fields',
        '    and 1 more object',
      ].join('\n'),
    );
  });

  it('is told once for all clusters on which it is the same', () => {
    const on = (cluster: string, more: object = {}): Failure => ({ ...failing, cluster, ...more });
    expect(textOf(on('c'), on('a'), on('b'))).toMatch(/^default\/checkout on a, b, c: Failed/);
    expect(textOf(on('a'), on('b'), on('c'), on('d'), on('e'))).toContain('on a, b, c and 2 more clusters:');
    expect(textOf(on('a'), on('b', { message: 'another' })).split('\n\n')).toHaveLength(2);
  });

  it('says where there is none, where a plan could not be read, and where it had drifted', () => {
    const none = { ...failing, objects: [], message: 'the cluster said no', suspects: [], sync: 'Failed' };
    expect(textOf(none)).toContain('  the cluster said no\nIn the 24 h before:\n  Nothing of it was changed');
    expect(textOf({ ...none, suspectsUnread: 1 })).toMatch(
      /before:\n {2}The plans of 1 more change could not/,
    );
    const fields = [{ path: '/spec/replicas', from: 2, to: 0, manager: 'kubectl-edit' }];
    const drift = [
      {
        ...{ application: 'checkout', firstSeen: '2026-05-04T14:00:00Z', until: null, objectCount: 2 },
        objects: [{ object: web, change: 'changed', fields, fieldCount: 1 }],
        users: ['alice'],
      },
    ];
    expect(textOf({ ...none, drift })).toContain(
      'TIME  checkout drifted in the cluster, and still does: Deployment checkout/web /spec/replicas 2 → 0 by kubectl-edit (alice) and 1 more object',
    );
  });
});
