import { describe, expect, it } from 'vitest';

import { inOrder, inPruneOrder } from './order.js';

const one = (apiVersion: string, kind: string, name = kind.toLowerCase(), syncWave?: string) => ({
  object: { apiVersion, kind, name },
  body: {
    metadata: syncWave === undefined ? {} : { annotations: { 'argocd.argoproj.io/sync-wave': syncWave } },
  },
});
const kinds = (groups: readonly (readonly { object: { kind: string; name: string } }[])[]) =>
  groups.map((group) => group.map(({ object }) => object.name));

const webhook = one('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'webhook');
const all = [
  webhook,
  one('example.com/v1', 'Widget'),
  one('apps/v1', 'Deployment'),
  one('v1', 'Service'),
  one('v1', 'Secret'),
  one('v1', 'ConfigMap'),
  one('v1', 'ServiceAccount'),
  one('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'crd'),
  one('v1', 'Namespace'),
];

describe('the order of an apply', () => {
  it('is namespaces, definitions, what configures, services, workloads, the rest, webhooks', () => {
    expect(kinds(inOrder(all))).toEqual([
      ['namespace'], ['crd'], ['serviceaccount'], ['secret', 'configmap'], ['service'], ['deployment'], ['widget'], ['webhook'],
    ]); // prettier-ignore
  });

  it('takes a kind of another group for another kind', () => {
    expect(
      kinds(inOrder([one('serving.knative.dev/v1', 'Service', 'knative'), one('v1', 'Service', 'core')])),
    ).toEqual([['core'], ['knative']]);
  });

  it('goes by sync waves first, but for namespaces and definitions', () => {
    const waved = [
      one('apps/v1', 'Deployment', 'late', '2'),
      one('v1', 'ConfigMap', 'usual'),
      one('apps/v1', 'Deployment', 'early', '-1'),
      one('v1', 'Namespace', 'ns', '5'),
    ];
    expect(kinds(inOrder(waved))).toEqual([['ns'], ['early'], ['usual'], ['late']]);
  });

  it('is reversed for prunes', () => {
    expect(inPruneOrder(all).map(({ object }) => object.name)).toEqual([
      'webhook', 'widget', 'deployment', 'service', 'secret', 'configmap', 'serviceaccount', 'crd', 'namespace',
    ]); // prettier-ignore
  });
});
