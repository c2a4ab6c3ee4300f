import type { KubeObject } from '../schemas/kube-object.js';

/** Objects of the contract's cases; each case names its own. */
export const configMap = (
  name: string,
  data: Record<string, unknown>,
  metadata: object = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

export const secret = (name: string, members: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  ...members,
});

export const deployment = (name: string, containers: unknown, spec: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers } },
    ...spec,
  },
});

export const job = (name: string, image: string): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'work', image }] } } },
});

export const service = (name: string, spec: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

const item = {
  type: 'object',
  properties: { id: { type: 'string' }, port: { type: 'integer' }, note: { type: 'string' } },
};

/** A custom kind with each way that a list or a map can be owned. */
export const widgets: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.contract.example' },
  spec: {
    group: 'contract.example',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                properties: {
                  size: { type: 'integer' },
                  color: { type: 'string', default: 'red' },
                  tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                  order: { type: 'array', items: { type: 'string' } },
                  items: {
                    type: 'array',
                    items: { ...item, required: ['id'] },
                    'x-kubernetes-list-type': 'map',
                    'x-kubernetes-list-map-keys': ['id'],
                  },
                  labels: { type: 'object', additionalProperties: { type: 'string' } },
                  whole: { ...item, 'x-kubernetes-map-type': 'atomic' },
                  nested: { ...item },
                  open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                },
              },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      },
    ],
  },
};

export const widget = (name: string, spec: object): KubeObject => ({
  apiVersion: 'contract.example/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
});
