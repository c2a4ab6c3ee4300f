import { describe, expect, it } from 'vitest';

import type { Manifest } from '@syncline/events';

import { applySetId } from './marks.js';
import { prepare } from './wanted.js';

const resources = [
  { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
  { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
  { group: '', version: 'v1', kind: 'Secret', plural: 'secrets', namespaced: true },
];
const key = new Uint8Array(32);
const prepareAll = (objects: readonly Manifest[], secrets: Record<string, string> = {}) =>
  prepare(
    {
      project: 'default',
      application: 'shop',
      namespace: 'shop',
      objects,
      secrets: new Map(Object.entries(secrets)),
    },
    { resources },
    key,
  );
const cfg = (metadata: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata,
});
const hex = 'a'.repeat(64);

describe('what a target wants', () => {
  it('goes to the namespace of the application where it names none', () => {
    const [namespace, here, there] = prepareAll([
      cfg({ name: 'here' }),
      cfg({ name: 'there', namespace: 'elsewhere' }),
    ]);
    expect(namespace).toMatchObject({ isImplicit: true, object: { kind: 'Namespace', name: 'shop' } });
    expect([here?.object.namespace, there?.object.namespace]).toEqual(['shop', 'elsewhere']);
  });

  it('does not ask for a namespace that nothing goes into, or that is declared', () => {
    expect(
      prepareAll([cfg({ name: 'there', namespace: 'elsewhere' })]).some(({ isImplicit }) => isImplicit),
    ).toBe(false);
    const declared = prepareAll([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
      cfg({ name: 'here' }),
    ]);
    expect(declared.map(({ isImplicit }) => isImplicit)).toEqual([undefined, undefined]);
  });

  it('has no namespace where its kind has none', () => {
    const [namespace] = prepareAll([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'more', namespace: 'shop' } },
    ]);
    expect(namespace?.body.metadata.namespace).toBeUndefined();
  });

  it('carries the label of its ApplySet, and annotations of the application and of itself', () => {
    const [, one] = prepareAll([cfg({ name: 'here' })]);
    expect(one?.body.metadata).toMatchObject({
      labels: { 'applyset.kubernetes.io/part-of': applySetId({ project: 'default', application: 'shop' }) },
      annotations: {
        'syncline.dev/application': 'default/shop',
        'syncline.dev/object': '/ConfigMap/shop/here',
      },
    });
    expect(applySetId({ project: 'default', application: 'shop' })).toMatch(
      /^applyset-[A-Za-z0-9_-]{43}-v1$/,
    );
  });

  it('is not sent with its status', () => {
    const [, one] = prepareAll([{ ...cfg({ name: 'here' }), status: { seen: true } }]);
    expect(one?.body).not.toHaveProperty('status');
  });

  it('gets the values of Secrets from behind their references, and folds stringData', () => {
    const secret: Manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: `syncline-secret:${hex}` },
      stringData: { b: 'plain' },
    };
    const [, one] = prepareAll([secret], { [hex]: 'dmFsdWU=' });
    expect(one?.body.data).toEqual({ a: 'dmFsdWU=', b: Buffer.from('plain').toString('base64') });
    expect(one?.body).not.toHaveProperty('stringData');
    expect(Object.keys(one?.secrets ?? {})).toEqual(['/data/a', '/data/b']);
  });

  it('has other HMACs for an equal value under another key, in another Secret or with another HMAC key', () => {
    const secret = (name: string, field: string): Manifest => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      data: { [field]: 'dmFsdWU=' },
    });
    const hmacs = [secret('s', 'a'), secret('s', 'b'), secret('t', 'a')].map(
      (one) => Object.values(prepareAll([one])[1]?.secrets ?? {})[0],
    );
    const otherKey = prepare(
      {
        project: 'p',
        application: 'shop',
        namespace: 'shop',
        objects: [secret('s', 'a')],
        secrets: new Map(),
      },
      { resources },
      new Uint8Array(32).fill(1),
    );
    expect(new Set([...hmacs, Object.values(otherKey[1]?.secrets ?? {})[0]]).size).toBe(4);
  });

  it('knows the scope of a kind by the CRD that comes with it', () => {
    const crd: Manifest = {
      apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'planets.example.com' },
      spec: { group: 'example.com', scope: 'Cluster', names: { kind: 'Planet', plural: 'planets' }, versions: [{ name: 'v1', served: true }] },
    }; // prettier-ignore
    const wanted = prepareAll([
      crd,
      { apiVersion: 'example.com/v1', kind: 'Planet', metadata: { name: 'mars' } },
    ]);
    const planet = wanted.find(({ object }) => object.kind === 'Planet');
    expect(planet?.object.namespace).toBeUndefined();
    expect(planet?.definition?.metadata.name).toBe('planets.example.com');
  });
});
