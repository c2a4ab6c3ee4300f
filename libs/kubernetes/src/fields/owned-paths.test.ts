import { describe, expect, it } from 'vitest';

import type { KubeObject, ManagedFields } from '../objects/kube-object.js';
import { ourPaths, othersOf, pathsOf, valueAt } from './owned-paths.js';

const entry = (
  manager: string,
  fieldsV1: NonNullable<ManagedFields['fieldsV1']>,
  operation = 'Apply',
  subresource = '',
): ManagedFields => ({
  manager,
  operation,
  fieldsV1,
  ...(subresource && { subresource }),
});
const container = 'k:{"name":"web"}';
const port = 'k:{"containerPort":80,"protocol":"TCP"}';
const fields = {
  'f:metadata': {
    'f:finalizers': { 'v:"example.com/stay"': {} },
    'f:labels': { 'f:app.kubernetes.io/name': {} },
  },
  'f:spec': {
    'f:replicas': {},
    'f:template': {
      'f:spec': {
        'f:containers': {
          [container]: { '.': {}, 'f:image': {}, 'f:ports': { [port]: { '.': {}, 'f:containerPort': {} } } },
        },
      },
    },
  },
};
const object = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: {
    name: 'web',
    finalizers: ['example.com/stay'],
    labels: { 'app.kubernetes.io/name': 'web' },
    managedFields: [entry('syncline', fields)],
  },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: 'other', image: 'x' },
          { name: 'web', image: 'nginx', ports: [{ containerPort: 80, protocol: 'TCP' }] },
        ],
      },
    },
  },
} as unknown as KubeObject;

describe('the owned paths of managedFields', () => {
  it('are JSON pointers with the keys of lists in place of indexes', () => {
    expect(pathsOf(fields).map(({ pointer, member }) => `${pointer}${member ? ' (member)' : ''}`)).toEqual([
      '/metadata/finalizers/[=example.com~1stay]',
      '/metadata/labels/app.kubernetes.io~1name',
      '/spec/replicas',
      '/spec/template/spec/containers/[name=web] (member)',
      '/spec/template/spec/containers/[name=web]/image',
      '/spec/template/spec/containers/[name=web]/ports/[containerPort=80,protocol=TCP] (member)',
      '/spec/template/spec/containers/[name=web]/ports/[containerPort=80,protocol=TCP]/containerPort',
    ]);
  });

  it('lead to their values, list items by key and set items by value', () => {
    const values = Object.fromEntries(pathsOf(fields).map((path) => [path.pointer, valueAt(object, path)]));
    expect(values['/spec/template/spec/containers/[name=web]/image']).toBe('nginx');
    expect(values['/metadata/finalizers/[=example.com~1stay]']).toBe('example.com/stay');
    expect(values['/spec/replicas']).toBe(2);
  });

  it('lead to nothing where the object has no such field, item or list', () => {
    const empty = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: {} } as KubeObject;
    expect(pathsOf(fields).map((path) => valueAt(empty, path))).toEqual(Array(7).fill(undefined));
  });

  it('are ours by server-side apply on the object itself alone', () => {
    const managedFields = [
      entry('syncline', { 'f:spec': { 'f:replicas': {} } }),
      entry('syncline', { 'f:spec': { 'f:paused': {} } }, 'Update'),
      entry('syncline', { 'f:status': { 'f:replicas': {} } }, 'Apply', 'status'),
      entry('helm', { 'f:spec': { 'f:strategy': {} } }),
    ];
    const mixed = { ...object, metadata: { managedFields } };
    expect(ourPaths(mixed).map(({ pointer }) => pointer)).toEqual(['/spec/replicas']);
    expect([...othersOf(mixed).of.keys()]).toEqual(['/spec/paused', '/status/replicas', '/spec/strategy']);
  });
});
