import { describe, expect, it } from 'vitest';

import { fieldPath, isNamed, objectAsked } from './object-asked.js';

describe('an object that is asked for', () => {
  it('is named by kind and name, with its namespace where that is needed', () => {
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' };
    for (const text of ['Deployment/web', 'deployment/web', 'Deployment/shop/web'])
      expect(isNamed(objectAsked(text)!, web), text).toBe(true);
    for (const text of ['Service/web', 'Deployment/other/web', 'Deployment/web2', 'Deployment/shop/x'])
      expect(isNamed(objectAsked(text)!, web), text).toBe(false);
  });

  it.each(['', '/', 'Deployment', 'Deployment/', '/web', 'a/b/c/d', 'a//b'])('is not %j', (text) => {
    expect(objectAsked(text)).toBeUndefined();
  });
});

describe('a field', () => {
  it.each([
    ['/spec/replicas', '/spec/replicas'],
    ['spec.replicas', '/spec/replicas'],
    ['.spec.replicas', '/spec/replicas'],
    ['spec.containers[name=web].image', '/spec/containers/[name=web]/image'],
    ['metadata.labels[a/b]', '/metadata/labels/a~1b'],
    ['spec.hosts[0]', '/spec/hosts/0'],
  ])('written as %j is %j', (text, path) => {
    expect(fieldPath(text)).toBe(path);
  });
});
