import type { Manifest } from '@syncline/events';

const schema = (fields: readonly string[]) => ({
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        properties: Object.fromEntries(fields.map((name) => [name, { type: 'integer' }])),
      },
    },
  },
});

/** A CRD for Widgets of a group, whose spec has these integer fields. */
export const crdOf = (group: string, fields: readonly string[] = ['size']): Manifest => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: schema(fields) }],
  },
});

/** A Widget of a group. */
export const widgetOf = (group: string, spec: Record<string, number | string>): Manifest => ({
  apiVersion: `${group}/v1`,
  kind: 'Widget',
  metadata: { name: 'w' },
  spec,
});
