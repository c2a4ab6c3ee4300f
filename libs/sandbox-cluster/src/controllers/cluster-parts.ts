import type { Cluster } from '../cluster.js';
import { withoutMember } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { deleteObject } from '../server/deleting.js';
import { changeAs, condition, createAs, fieldsOf, setStatus } from './control.js';

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** What every cluster has from its beginning. */
export const createBeginnings = (cluster: Cluster): void => {
  for (const name of systemNamespaces)
    if (!cluster.store.find('namespaces', undefined, name))
      createAs(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
};

const emptied = (cluster: Cluster, name: string): boolean => {
  const { store } = cluster;
  for (const id of store.resources())
    for (const object of store.list(id, name))
      if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, id, object);
  return store.resources().every((id) => store.list(id, name).length === 0);
};

/** Gives a Namespace its ServiceAccount; one that is being deleted loses its content first, and then goes. */
export const reconcileNamespace = (cluster: Cluster, namespace: KubeObject): void => {
  const { name = '', deletionTimestamp } = namespace.metadata;
  if (deletionTimestamp === undefined) {
    if (!cluster.store.find('serviceaccounts', name, 'default'))
      createAs(cluster, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: name },
      });
    return;
  }
  if (!emptied(cluster, name)) return;
  const spec = withoutMember(fieldsOf(namespace.spec), 'finalizers');
  changeAs(cluster, namespace, { ...namespace, spec });
};

/** Binds a claim at once: any volume that is asked for exists. */
export const reconcileClaim = (cluster: Cluster, claim: KubeObject): void => {
  const { accessModes, resources, volumeName } = fieldsOf(claim.spec);
  if (fieldsOf(claim.status).phase === 'Bound' || claim.metadata.deletionTimestamp !== undefined) return;
  if (volumeName === undefined) {
    changeAs(cluster, claim, {
      ...claim,
      spec: { ...fieldsOf(claim.spec), volumeName: `pvc-${claim.metadata.uid ?? ''}` },
    });
    return;
  }
  setStatus(cluster, claim, { phase: 'Bound', accessModes, capacity: fieldsOf(resources).requests });
};

/** The resource of CustomResourceDefinitions. */
export const definitions = 'customresourcedefinitions.apiextensions.k8s.io';

type Names = { readonly plural: string; readonly kind: string };

const resourceOf = ({ spec }: KubeObject): string => {
  const { group, names } = fieldsOf(spec) as { group: string; names: Names };
  return `${names.plural}.${group}`;
};

/** Serves what a definition defines; one that is being deleted loses its objects first. */
export const reconcileDefinition = (cluster: Cluster, definition: KubeObject): void => {
  const { store, schemas } = cluster;
  const id = resourceOf(definition);
  const { finalizers = [], deletionTimestamp } = definition.metadata;
  const own = 'customresourcecleanup.apiextensions.k8s.io';
  if (deletionTimestamp !== undefined) {
    for (const object of store.list(id))
      if (object.metadata.deletionTimestamp === undefined) deleteObject(cluster, id, object);
    if (store.list(id).length > 0 || !finalizers.includes(own)) return;
    const metadata = { ...definition.metadata, finalizers: finalizers.filter((one) => one !== own) };
    changeAs(cluster, definition, { ...definition, metadata });
    return;
  }
  schemas.addCustom(definition);
  const { names, versions } = fieldsOf(definition.spec) as {
    names: Names;
    versions: { name: string; storage: boolean }[];
  };
  if (!finalizers.includes(own)) {
    const metadata = { ...definition.metadata, finalizers: [...finalizers, own] };
    changeAs(cluster, definition, { ...definition, metadata });
    return;
  }
  const said = (type: string, reason: string, message: string): object =>
    condition(definition, { type, status: 'True', reason, message });
  setStatus(cluster, definition, {
    conditions: [
      said('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      said('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: names,
    storedVersions: versions.filter(({ storage }) => storage).map(({ name }) => name),
  });
};

/** Stops serving what a definition defined, once it is gone. */
export const forgetDefinition = ({ schemas }: Cluster, resource: string, gone: KubeObject): void => {
  if (resource === definitions) schemas.removeCustom(gone.metadata.name ?? '');
};
