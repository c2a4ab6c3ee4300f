import { describe, expect, it } from 'vitest';

import type { KubeObject } from '../objects/kube-object.js';
import { whyPodsAreStuck } from './pods.js';

const pod = (reason: string, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata,
  spec: { containers: [{ name: 'web', image: 'web:1.42' }] },
  status: { containerStatuses: [{ name: 'web', image: '', state: { waiting: { reason } } }] },
});

describe('why Pods are stuck', () => {
  it('is the image that they wait for, with how many wait', () => {
    expect(whyPodsAreStuck([pod('ImagePullBackOff'), pod('ErrImagePull')])).toBe(
      'image "web:1.42" cannot be pulled (2 pods)',
    );
  });

  it('is what most of them wait for', () => {
    const pods = [pod('CrashLoopBackOff'), pod('ErrImagePull'), pod('CrashLoopBackOff')];
    expect(whyPodsAreStuck(pods)).toBe('container web crashes again and again (2 pods)');
  });

  it('is nothing while they start, and nothing of those that go', () => {
    expect(
      whyPodsAreStuck([pod('ContainerCreating'), pod('ErrImagePull', { deletionTimestamp: 'x' })]),
    ).toBeUndefined();
  });
});
