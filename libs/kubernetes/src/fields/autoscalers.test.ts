import { describe, expect, it } from 'vitest';

import { isAutoscaled } from './autoscalers.js';

const owner = (manager: string, subresource = '') => ({ manager, operation: 'Update', subresource });
const cpu = '/spec/template/spec/containers/[name=web]/resources/requests/cpu';
const image = '/spec/template/spec/containers/[name=web]/image';

describe('what is left to an autoscaler', () => {
  it('is the number of replicas that one set', () => {
    for (const manager of ['keda-operator', 'keda', 'cluster-proportional-autoscaler'])
      expect(isAutoscaled(owner(manager), '/spec/replicas')).toBe(true);
    expect(isAutoscaled(owner('kube-controller-manager', 'scale'), '/spec/replicas')).toBe(true);
  });

  it('is the number of a custom kind under whatever name, where it is set by the subresource for that', () => {
    expect(isAutoscaled(owner('kube-controller-manager', 'scale'), '/spec/size')).toBe(true);
    expect(isAutoscaled(owner('keda-operator', 'scale'), '/spec/size')).toBe(true);
    expect(isAutoscaled(owner('keda-operator'), '/spec/size')).toBe(false);
  });

  it('is the resources of containers, in a Pod and in every template', () => {
    for (const path of [cpu, '/spec/containers/[name=web]/resources', `/spec/jobTemplate${cpu}`])
      expect(isAutoscaled(owner('vpa-updater'), path)).toBe(true);
    expect(isAutoscaled(owner('vpa-updater'), cpu.replace('containers', 'initContainers'))).toBe(true);
  });

  it('is nothing else that is written under its name', () => {
    for (const manager of ['keda-operator', 'vpa-updater', 'cluster-proportional-vertical-autoscaler'])
      for (const path of [image, '/data/key', '/metadata/labels/a', '/spec/template/spec/resources/cpu'])
        expect(isAutoscaled(owner(manager), path)).toBe(false);
    expect(isAutoscaled(owner('keda-operator'), cpu)).toBe(false);
    expect(isAutoscaled(owner('vpa-updater'), '/spec/replicas')).toBe(false);
    expect(isAutoscaled(owner('vpa-updater'), '/data/containers/[name=a]/resources')).toBe(false);
  });

  it('is nothing that a person scaled, nor what the controller manager writes elsewhere', () => {
    expect(isAutoscaled(owner('kubectl', 'scale'), '/spec/replicas')).toBe(false);
    expect(isAutoscaled(owner('kube-controller-manager'), '/spec/replicas')).toBe(false);
  });
});
