import type { ObjectName } from '@syncline/events';

import type { Capabilities, ServedResource } from '../cluster-client.js';

/** The served resource of an object's apiVersion and kind. */
export const findResource = (
  capabilities: Pick<Capabilities, 'resources'>,
  { apiVersion, kind }: Pick<ObjectName, 'apiVersion' | 'kind'>,
): ServedResource | undefined =>
  capabilities.resources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);

/** `apps/v1`, or `v1` for the core group. */
export const apiVersionOf = ({ group, version }: Pick<ServedResource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** The path under which all objects of a resource are listed, in a namespace or everywhere. */
export const collectionPath = (resource: ServedResource, namespace?: string): string => {
  const root = resource.group === '' ? '/api' : `/apis/${resource.group}`;
  const inside =
    resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}/${resource.version}${inside}/${resource.plural}`;
};

/** The path of one object. */
export const objectPath = (resource: ServedResource, { namespace, name }: ObjectName): string =>
  `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;
