import type { Operation } from '@syncline/events';
import { describe, expect, it } from 'vitest';

import { relate, type Changed, type Failing } from './relate.js';

const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
const image = { path: '/spec/image', change: 'changed', from: '1', to: '2' } as const;
const on = (object: Operation['object'], more: Partial<Operation> = {}): Operation => ({
  kind: 'kubernetes',
  action: 'configure',
  certainty: 'confirmed',
  object,
  changes: [image],
  ...more,
});
const config = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' };
const failing: Failing = { project: 'default', application: 'shop', namespace: 'shop', objects: [web] };
const change = (operations: readonly Operation[], application = 'shop'): Changed => ({
  project: 'default',
  application,
  namespace: 'shop',
  operations,
});
const relationOf = (changed: Changed, of = failing) => relate(of, changed)?.relation;

describe('a change before a failure', () => {
  it('is nearest where it touched the very object, or what a failing Pod is made by', () => {
    expect(relate(failing, change([on(config), on(web)]))).toEqual({
      relation: 'object',
      touched: [{ object: web, action: 'configure', changes: [image], more: 0 }],
    });
    const pod = { kind: 'Pod', namespace: 'shop', name: 'web-5d4f-x' };
    expect(relationOf(change([on(web)]), { ...failing, objects: [pod] })).toBe('object');
    const elsewhere = { ...pod, namespace: 'other' };
    expect(relationOf(change([on(web)], 'x'), { ...failing, objects: [elsewhere] })).toBe('namespace');
  });

  it('is of the application, of its namespace, or of what the cluster shares', () => {
    expect(relationOf(change([on(config)]))).toBe('application');
    expect(relationOf(change([on(config)], 'other'))).toBe('namespace');
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: 'a.b',
    };
    expect(relationOf(change([on(definition)], 'operator'))).toBe('cluster');
  });

  it('is none where it left alone what it names, or touched another namespace', () => {
    expect(relationOf(change([on(web, { action: 'unchanged', changes: [] })]))).toBeUndefined();
    expect(relationOf(change([on({ ...web, namespace: 'other' })], 'other'))).toBeUndefined();
    expect(
      relationOf(change([on({ apiVersion: 'v1', kind: 'Namespace', name: 'y' })], 'other')),
    ).toBeUndefined();
    expect(relationOf(change([], 'other'))).toBeUndefined();
  });

  it('shows five fields of an object, and says how many more there are', () => {
    const many = Array.from({ length: 8 }, () => image);
    const [touched] = relate(failing, change([on(web, { changes: many, changesOmitted: 2 })]))?.touched ?? [];
    expect(touched?.changes).toHaveLength(5);
    expect(touched?.more).toBe(5);
  });
});
