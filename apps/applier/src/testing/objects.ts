import type { Manifest } from '@syncline/events';

/** A revision of 40 equal digits. */
export const revision = (digit: string): string => digit.repeat(40);

export const configMap = (name: string, value: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { value },
});

/** Many small objects, so that an apply takes its time. */
export const configMaps = (count: number, value: string): readonly Manifest[] =>
  Array.from({ length: count }, (_, index) => configMap(`settings-${index}`, value));

/** A workload; with a node selector that no node has, its pods never start. */
export const deployment = (name: string, image: string, nodeSelector?: Record<string, string>): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'web', image }], ...(nodeSelector && { nodeSelector }) },
    },
  },
});

/** A Secret whose one value is the reference. */
export const secret = (name: string, reference: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  type: 'Opaque',
  data: { password: `syncline-secret:${reference}` },
});

/** The definition of a kind Gadget in a group. */
export const definition = (group: string): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `gadgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});

/** The types of events, in order. */
export const typesOf = (events: readonly { readonly type: string }[]): readonly string[] =>
  events.map(({ type }) => type);
