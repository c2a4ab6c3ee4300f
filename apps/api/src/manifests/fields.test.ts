import { describe, expect, it } from 'vitest';

import { diffManifests } from './diff-manifests.js';
import { fieldsOf } from './fields.js';
import type { Manifest } from './recorded-manifests.js';

const deployment = (replicas: number, image: string, more: object = {}): Manifest =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', labels: { 'a/b': 'c' } },
    spec: {
      replicas,
      template: {
        spec: {
          containers: [
            { name: 'web', image, args: ['a', 'b'], ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] },
          ],
        },
      },
    },
    ...more,
  }); // prettier-ignore
const secret = (value: string): Manifest => ({
  ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'shop' } },
  data: { password: value },
});

describe('the fields of an object', () => {
  it('have paths with keys in place of indexes, as plans and drift have them', () => {
    expect([...fieldsOf(deployment(2, 'web:1')).keys()]).toEqual([
      '/apiVersion', '/kind', '/metadata/name', '/metadata/namespace', '/metadata/labels/a~1b', '/spec/replicas',
      '/spec/template/spec/containers/[name=web]/name', '/spec/template/spec/containers/[name=web]/image',
      '/spec/template/spec/containers/[name=web]/args/0', '/spec/template/spec/containers/[name=web]/args/1',
      '/spec/template/spec/containers/[name=web]/ports/[containerPort=80,protocol=TCP]/containerPort',
      '/spec/template/spec/containers/[name=web]/ports/[containerPort=53,protocol=UDP]/containerPort',
      '/spec/template/spec/containers/[name=web]/ports/[containerPort=53,protocol=UDP]/protocol',
    ]); // prettier-ignore
  });

  it('are told apart by their places where a key is there twice, or of another kind', () => {
    const list = (items: unknown[]) => [...fieldsOf({ env: items } as Manifest).keys()];
    expect(list([{ name: 'a' }, { name: 'a' }])).toEqual(['/env/0/name', '/env/1/name']);
    expect(list([{ name: {} }, 'x', []])).toEqual(['/env/0/name', '/env/1', '/env/2']);
  });

  it('never show what is in a Secret', () => {
    const reference = `syncline-secret:${'a'.repeat(64)}`;
    expect(fieldsOf(secret(reference)).get('/data/password')).toBe(reference);
    expect(JSON.stringify([...fieldsOf(secret('aHVudGVyMg==')).values()])).not.toContain('aHVudGVyMg==');
  });
});

describe('the difference of two renders', () => {
  it('is down to fields, whatever the order of objects and list items', () => {
    const { objects, objectCount } = diffManifests(
      [deployment(2, 'web:1'), secret('x')],
      [deployment(4, 'web:2', { data: {} })],
    );
    expect(objectCount).toBe(2);
    expect(objects).toMatchObject([
      { object: { kind: 'Secret', name: 's' }, change: 'removed', fields: [] },
      {
        object: { kind: 'Deployment', namespace: 'shop', name: 'web' },
        change: 'changed',
        fields: [
          { path: '/data', change: 'added', to: {} },
          { path: '/spec/replicas', change: 'changed', from: 2, to: 4 },
          {
            path: '/spec/template/spec/containers/[name=web]/image',
            change: 'changed',
            from: 'web:1',
            to: 'web:2',
          },
        ],
      },
    ]);
    expect(
      diffManifests([deployment(2, 'a'), secret('x')], [secret('x'), deployment(2, 'a')]).objects,
    ).toEqual([]);
    expect(diffManifests([], []).objects).toEqual([]);
  });
});
