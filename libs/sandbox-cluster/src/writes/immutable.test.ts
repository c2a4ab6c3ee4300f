import { describe, expect, it } from 'vitest';

import type { KubeObject } from '../schemas/kube-object.js';
import { immutableChanges } from './immutable.js';

const object = (apiVersion: string, kind: string, rest: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: 'one' },
  ...rest,
});

const fieldsChanged = (apiVersion: string, kind: string, live: object, next: object): readonly unknown[] =>
  immutableChanges(object(apiVersion, kind, live), object(apiVersion, kind, next)).map(({ field }) => field);

describe('a fixed field', () => {
  it.each([
    [
      'batch/v1',
      'Job',
      { spec: { template: { a: 1 } } },
      { spec: { template: { a: 2 } } },
      ['spec.template'],
    ],
    ['batch.volcano.sh/v1', 'Job', { spec: { template: { a: 1 } } }, { spec: { template: { a: 2 } } }, []],
    ['apps/v1', 'Deployment', { spec: { selector: { a: 1 } } }, { spec: {} }, ['spec.selector']],
    ['apps/v1', 'Deployment', { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, []],
    ['apps/v1', 'StatefulSet', { spec: { serviceName: 'a' } }, { spec: { serviceName: 'b' } }, ['spec']],
    ['apps/v1', 'StatefulSet', { spec: { replicas: 1 } }, { spec: { replicas: 2 } }, []],
    [
      'v1',
      'PersistentVolumeClaim',
      { spec: { accessModes: ['a'] } },
      { spec: { accessModes: ['b'] } },
      ['spec'],
    ],
    ['v1', 'PersistentVolumeClaim', { spec: { resources: { a: 1 } } }, { spec: { resources: { a: 2 } } }, []],
    ['v1', 'Service', { spec: {} }, { spec: { clusterIP: '10.96.0.2' } }, []],
    [
      'v1',
      'Service',
      { spec: { clusterIP: '10.96.0.1' } },
      { spec: { clusterIP: '10.96.0.2' } },
      ['spec.clusterIP'],
    ],
    ['v1', 'ConfigMap', { immutable: true, data: { a: '1' } }, { immutable: true, data: {} }, ['data']],
    ['v1', 'ConfigMap', { immutable: true, data: { a: '1' } }, { data: { a: '1' } }, ['immutable']],
    ['v1', 'ConfigMap', { data: { a: '1' } }, { immutable: true, data: {} }, []],
  ])('of %s %s: %j to %j is %j', (apiVersion, kind, live, next, changed) => {
    expect(fieldsChanged(apiVersion, kind, live, next)).toEqual(changed);
  });
});
