import type { DriftedObject } from '@syncline/events';
import type { DriftRow } from '@syncline/read-models';
import { describe, expect, it } from 'vitest';

import { flappingOf } from './flapping.js';

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const changed = (path: string, manager = 'kubectl-edit'): DriftedObject => ({
  object: web,
  change: 'changed',
  fields: [{ path, change: 'changed', from: 2, to: 4, manager }],
  fieldCount: 1,
});
const deleted: DriftedObject = { object: web, change: 'deleted', fields: [], fieldCount: 0 };
const row = (minute: number, objects: readonly DriftedObject[], more: Partial<DriftRow> = {}) =>
  ({
    ...{ project: 'default', application: 'shop', cluster: 'prod', objects, flaps: 0, healedBy: 'heal' },
    firstSeen: `2026-05-04T14:${String(minute).padStart(2, '0')}:00.000Z`,
    ...more,
  }) as DriftRow;

describe('what drifts again and again', () => {
  it('is a field that drifted three times, whoever wrote it, with the rule that ignores it', () => {
    const rows = [
      row(9, [changed('/spec/replicas', 'helm')], { healedBy: null }),
      row(5, [changed('/spec/replicas')]),
      row(1, [changed('/spec/replicas'), changed('/spec/paused')]),
    ];
    expect(flappingOf(rows)).toEqual([
      {
        ...{ project: 'default', application: 'shop', cluster: 'prod', object: web, path: '/spec/replicas' },
        ...{ times: 3, since: '2026-05-04T14:01:00.000Z', last: '2026-05-04T14:09:00.000Z' },
        ...{ managers: ['kubectl-edit', 'helm'], endedBy: ['heal'] },
        rule: {
          group: 'apps',
          kind: 'Deployment',
          namespace: 'shop',
          name: 'web',
          fields: ['/spec/replicas'],
        },
      },
    ]);
  });

  it('is counted with what came and went between, and on each cluster by itself', () => {
    const flapped = row(1, [changed('/spec/replicas')], { flaps: 6 });
    expect(flappingOf([flapped]).map(({ times }) => times)).toEqual([7]);
    const elsewhere = ['a', 'b', 'c'].map((cluster) => row(1, [changed('/spec/replicas')], { cluster }));
    expect(flappingOf(elsewhere)).toEqual([]);
  });

  it('has no rule where the object goes, or where a rule would hide whose it is', () => {
    const label = changed('/metadata/labels/applyset.kubernetes.io~1part-of');
    for (const one of [deleted, label])
      expect(flappingOf([1, 2, 3].map((minute) => row(minute, [one])))[0]).not.toHaveProperty('rule');
  });
});
