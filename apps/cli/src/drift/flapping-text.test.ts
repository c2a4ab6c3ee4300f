import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

import type { Flapping } from './drift-table.js';
import { flappingText } from './flapping-text.js';

const now = new Date('2026-05-04T14:32:00Z');
const object = { kind: 'Deployment', namespace: 'shop', name: 'web' };
const of = (path: string, more: Partial<Flapping> = {}): Flapping => ({
  ...{ project: 'default', application: 'shop', cluster: 'prod', object, path, times: 4 },
  ...{ since: '2026-05-04T14:02:00Z', managers: ['hotfix'], endedBy: ['heal', 'cluster'] },
  rule: { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web', fields: [path] },
  ...more,
});

describe('what drifts again and again', () => {
  it('is told with how often, by whom and what ended it', () => {
    expect(flappingText([of('/spec/replicas')], now).join('\n')).toContain(
      'Deployment shop/web /spec/replicas on prod: 4 times since ',
    );
    expect(flappingText([of('/spec/replicas')], now).join('\n')).toContain(
      ', by hotfix, healed by a plan or undone in the cluster',
    );
    expect(flappingText([], now)).toEqual([]);
  });

  it('comes with rules that can be pasted as they stand, whatever the names are', () => {
    const image = '/spec/template/spec/containers/[name=web, "x"]/image';
    const hostile = { kind: 'Thing', name: 'true', fields: ['/data/a: {b'] };
    const lines = flappingText(
      [of('/spec/replicas'), of(image, { cluster: 'other' }), of('/data/a: {b', { rule: hostile })],
      now,
    );
    const pasted: unknown = parse(lines.slice(lines.indexOf('spec:')).join('\n'));
    expect(pasted).toEqual({
      spec: {
        sync: {
          ignore: [
            {
              group: 'apps',
              kind: 'Deployment',
              namespace: 'shop',
              name: 'web',
              fields: ['/spec/replicas', image],
            },
            hostile,
          ],
        },
      },
    });
  });

  it('proposes nothing where no rule can help', () => {
    const gone = of('/x', { rule: undefined });
    expect(flappingText([gone], now).join('\n')).not.toContain('ignore');
  });
});
