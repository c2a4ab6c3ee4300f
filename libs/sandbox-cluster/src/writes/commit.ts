import type { Cluster } from '../cluster.js';
import type { StatusCause } from '../ownership/operations.js';
import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';
import { refuse, type About } from '../server/answer.js';
import { immutableChanges } from './immutable.js';
import { invalidFields, undecodable } from './invalid.js';
import { withKept, withPresets } from './presets.js';
import { isUnchanged, stampChanged, stampNew } from './stamp.js';

/** Where an object is stored, and by which schema. */
export type Place = {
  readonly schema: ObjectSchema;
  readonly id: string;
  readonly group: string;
  readonly plural: string;
  readonly namespace: string | undefined;
};

export type Committed = { readonly object: KubeObject; readonly isCreated: boolean };

/** How a Status names an object. */
export const aboutOf = ({ group, plural }: Place, name: string | undefined): About => ({
  name,
  group,
  kind: plural,
});

const qualified = ({ schema, group }: Place): string =>
  group === '' ? schema.kind : `${schema.kind}.${group}`;

/** Refuses a new object in a namespace that is absent or being deleted. */
const checkNamespace = ({ store }: Cluster, place: Place, name: string): void => {
  if (place.namespace === undefined) return;
  const namespace = store.find('namespaces', undefined, place.namespace);
  if (!namespace)
    refuse(404, 'NotFound', `namespaces "${place.namespace}" not found`, {
      name: place.namespace,
      kind: 'namespaces',
    });
  if (namespace?.metadata.deletionTimestamp === undefined) return;
  const said = `namespace ${place.namespace} is being terminated`;
  const message = `${place.id} "${name}" is forbidden: unable to create new content in ${said}`;
  const causes = [{ reason: 'NamespaceTerminating', message: said, field: 'metadata.namespace' }];
  refuse(403, 'Forbidden', message, aboutOf(place, name), causes);
};

const checkFields = (place: Place, object: KubeObject, causes: readonly StatusCause[]): void => {
  const { name = '' } = object.metadata;
  const { kind, apiVersion } = object;
  if (undecodable(object)) {
    const message = `${kind} in version "${apiVersion}" cannot be handled as a ${kind}: illegal base64 data`;
    refuse(400, 'BadRequest', message, aboutOf(place, name));
  }
  if (causes.length === 0) return;
  const texts = causes.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`);
  const said = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  refuse(422, 'Invalid', `${qualified(place)} "${name}" is invalid: ${said}`, aboutOf(place, name), causes);
};

/** Stores a new object; as a dry run it only says what it would be. */
export const commitNew = (
  cluster: Cluster,
  place: Place,
  object: KubeObject,
  isDryRun: boolean,
): Committed => {
  checkNamespace(cluster, place, object.metadata.name ?? '');
  const { namespace } = place;
  const placed = {
    ...object,
    metadata: { ...object.metadata, ...(namespace !== undefined && { namespace }) },
  };
  const stamped = withPresets(stampNew(place.schema, placed));
  checkFields(place, stamped, invalidFields(stamped));
  return { object: isDryRun ? stamped : cluster.store.put(place.id, stamped), isCreated: true };
};

/** Stores a changed object; one that waited for its last finalizer is gone then. What changes nothing keeps its version. */
export const commitChanged = (
  { store }: Cluster,
  place: Place,
  live: KubeObject,
  object: KubeObject,
  isDryRun: boolean,
): Committed => {
  const stamped = stampChanged(place.schema, live, withKept(live, object));
  checkFields(place, stamped, [...immutableChanges(live, stamped), ...invalidFields(stamped)]);
  if (isUnchanged(live, stamped)) return { object: live, isCreated: false };
  if (isDryRun) return { object: stamped, isCreated: false };
  if (stamped.metadata.deletionTimestamp !== undefined && isFree(stamped))
    return { object: store.remove(place.id, stamped), isCreated: false };
  return { object: store.put(place.id, stamped), isCreated: false };
};

/** Whether nothing holds an object that is to be deleted. */
export const isFree = ({ kind, apiVersion, metadata, spec }: KubeObject): boolean => {
  const held =
    kind === 'Namespace' && apiVersion === 'v1' ? (spec as { finalizers?: string[] } | undefined) : {};
  return (metadata.finalizers ?? []).length === 0 && (held?.finalizers ?? []).length === 0;
};
