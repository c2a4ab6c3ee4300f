import { expect, it } from 'vitest';

import { targetResources, treeText } from './tree-text.js';

const now = new Date('2026-01-01T00:10:00Z');
const textOf = (target: object): string =>
  treeText(targetResources.parse({ cluster: 'staging', ...target }), { now, colour: false });

const object = (kind: string, name: string) => ({ apiVersion: 'v1', kind, namespace: 'shop', name });
const event = { type: 'Warning', reason: 'Failed', message: 'no\nsuch\u001b[31m image', count: 4, lastSeen: '2026-01-01T00:09:30Z' }; // prettier-ignore
const deployed = [
  { object: object('Deployment', 'web'), uid: 'd', health: 'InProgress', message: '0 of 1', events: [] },
  { object: object('ConfigMap', 'cfg'), uid: 'c', health: 'Current', message: 'exists', events: [] },
  { object: object('ReplicaSet', 'web-1'), uid: 'r', owner: 'd', health: 'InProgress', events: [] },
  {
    ...{ object: object('Pod', 'web-1-x'), uid: 'p', owner: 'r', health: 'InProgress', events: [event] },
    ...{ message: 'image "web:9" cannot be pulled', createdAt: '2026-01-01T00:05:00Z' },
  },
];

it('shows each resource below its owner, with age, reason and events on one line each', () => {
  expect(textOf({ resources: deployed }).split('\n')).toEqual([
    'staging',
    '├─ Deployment/web  InProgress: 0 of 1',
    '│  └─ ReplicaSet/web-1  InProgress',
    '│     └─ Pod/web-1-x  InProgress, 5 min old: image "web:9" cannot be pulled',
    '│            Failed (4 times), 30 s ago: no such [31m image',
    '└─ ConfigMap/cfg  Current',
  ]);
});

it('says what is gone, what was left out, and what could not be read', () => {
  const rest = { missing: [object('Service', 'web')], omitted: 3, notes: ['Pods in shop cannot be read'] };
  expect(textOf(rest).split('\n')).toEqual([
    'staging',
    'Service/web  NotFound: is gone from the cluster',
    '3 more are not shown',
    'Pods in shop cannot be read',
  ]);
});

it('says of a cluster that does not answer why, and of one without objects that it holds none', () => {
  const problem = { code: 'cluster-unreachable', sentence: 'No applier answers for staging.' };
  expect(textOf({ problem })).toBe('staging  cannot be asked: No applier answers for staging.');
  expect(textOf({})).toBe('staging  holds nothing of it');
});
