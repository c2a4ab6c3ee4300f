import type { StatusCause } from '../ownership/operations.js';
import { isSame } from '../schemas/json.js';
import type { KubeObject, Value } from '../schemas/kube-object.js';

const at = (object: KubeObject, path: string): Value | undefined =>
  path
    .split('.')
    .reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], object) as
    Value | undefined;

/** How a kind is told from one of another group that has its name: `Job.batch`. */
const qualified = ({ apiVersion, kind }: KubeObject): string =>
  apiVersion.includes('/') ? `${kind}.${apiVersion.split('/')[0] ?? ''}` : kind;

const fixedFields: Readonly<Record<string, readonly string[]>> = {
  'Deployment.apps': ['spec.selector'],
  'ReplicaSet.apps': ['spec.selector'],
  'DaemonSet.apps': ['spec.selector'],
  'Job.batch': ['spec.template', 'spec.selector', 'spec.completionMode'],
  Service: ['spec.clusterIP'],
  'RoleBinding.rbac.authorization.k8s.io': ['roleRef'],
  'ClusterRoleBinding.rbac.authorization.k8s.io': ['roleRef'],
  Secret: ['type'],
  'StorageClass.storage.k8s.io': ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  'CustomResourceDefinition.apiextensions.k8s.io': [
    'spec.group',
    'spec.scope',
    'spec.names.kind',
    'spec.names.plural',
  ],
};

/** Kinds of whose spec all but a few fields are fixed, and how the server says so. */
const freeFields: Readonly<Record<string, { readonly free: readonly string[]; readonly said: string }>> = {
  'StatefulSet.apps': {
    free: [
      'replicas',
      'ordinals',
      'template',
      'updateStrategy',
      'revisionHistoryLimit',
      'persistentVolumeClaimRetentionPolicy',
      'minReadySeconds',
    ],
    said: "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  },
  PersistentVolumeClaim: {
    free: ['resources', 'volumeAttributesClassName', 'volumeName'],
    said: 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  },
};

const invalid = (field: string, value: Value | undefined): StatusCause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value ?? null)}: field is immutable`,
  field,
});

const forbidden = (field: string, said: string): StatusCause => ({
  reason: 'FieldValueForbidden',
  message: `Forbidden: ${said}`,
  field,
});

const withoutFree = (object: KubeObject, free: readonly string[]): Value =>
  Object.fromEntries(
    Object.entries((object.spec ?? {}) as Record<string, Value>).filter(([name]) => !free.includes(name)),
  );

const sealed = (live: KubeObject, next: KubeObject): readonly StatusCause[] =>
  live.immutable === true && (live.kind === 'ConfigMap' || live.kind === 'Secret')
    ? ['immutable', 'data', 'binaryData']
        .filter((name) => !isSame(at(live, name), at(next, name)))
        .map((name) => forbidden(name, 'field is immutable when `immutable` is set'))
    : [];

/** Which fixed fields an update would change. */
export const immutableChanges = (live: KubeObject, next: KubeObject): readonly StatusCause[] => {
  const changed = (fixedFields[qualified(live)] ?? []).filter(
    (path) => at(live, path) !== undefined && !isSame(at(live, path), at(next, path)),
  );
  const partly = freeFields[qualified(live)];
  const isForbidden = partly && !isSame(withoutFree(live, partly.free), withoutFree(next, partly.free));
  return [
    ...changed.map((path) => invalid(path, at(next, path))),
    ...(isForbidden ? [forbidden('spec', partly.said)] : []),
    ...sealed(live, next),
  ];
};
