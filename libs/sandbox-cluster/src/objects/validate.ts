import type { Json } from '@syncline/kernel';

import type { StatusCause } from '../ownership/operations.js';
import { isSame } from '../schemas/json.js';
import type { KubeObject } from '../schemas/kube-object.js';
import type { Served } from './kinds.js';
import { invalid } from './refused.js';

type Cause = Required<StatusCause>;
type Fields = Readonly<Record<string, unknown>>;

const at = (object: KubeObject | undefined, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Fields | undefined)?.[name], object);
const wrong = (field: string, message: string): Cause => ({
  reason: 'FieldValueInvalid',
  field,
  message: `Invalid value: ${message}`,
});
const forbidden = (field: string, message: string): Cause => ({
  reason: 'FieldValueForbidden',
  field,
  message: `Forbidden: ${message}`,
});
const required = (field: string): Cause => ({
  reason: 'FieldValueRequired',
  field,
  message: 'Required value',
});

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const hasLabelName = new Set(['Namespace', 'Service']);
/** Names of these may hold colons: they are path segments only. */
const isFreelyNamed = new Set(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding']);

const checkMetadata = ({ kind }: Served, { metadata }: KubeObject): Cause[] => {
  const { name = '', labels = {} } = metadata;
  const rule = hasLabelName.has(kind) ? label : subdomain;
  const isNamed = isFreelyNamed.has(kind) ? !/[/%]/.test(name) && name !== '' : rule.test(name);
  const most = hasLabelName.has(kind) ? 63 : 253;
  const named =
    isNamed && name.length <= most
      ? []
      : [
          wrong(
            'metadata.name',
            `${JSON.stringify(name)}: a lowercase RFC 1123 name of at most ${most} characters is expected`,
          ),
        ];
  const labelled = Object.values(labels).filter((value) => value.length > 63 || !labelValue.test(value));
  return [
    ...named,
    ...labelled.map((value) =>
      wrong('metadata.labels', `${JSON.stringify(value)}: a valid label value is expected`),
    ),
  ];
};

/** The fields of each kind that stay as they were created, and how the server says so. */
const fixed: Readonly<Record<string, readonly (readonly [path: string, how?: string])[]>> = {
  'apps/deployments': [['spec.selector']],
  'apps/replicasets': [['spec.selector']],
  'apps/daemonsets': [['spec.selector']],
  'batch/jobs': [['spec.selector'], ['spec.template'], ['spec.completionMode']],
  '/secrets': [['type']],
  '/services': [['spec.clusterIP', 'may not change once set']],
  'rbac.authorization.k8s.io/rolebindings': [['roleRef', 'cannot change roleRef']],
  'rbac.authorization.k8s.io/clusterrolebindings': [['roleRef', 'cannot change roleRef']],
  'storage.k8s.io/storageclasses': [['provisioner', 'updates to provisioner are forbidden.'], ['parameters', 'updates to parameters are forbidden.']],
  'apiextensions.k8s.io/customresourcedefinitions': [['spec.group'], ['spec.scope'], ['spec.names.kind']],
}; // prettier-ignore

/** Where only these parts of a spec may change. */
const changeable: Readonly<Record<string, readonly [names: readonly string[], message: string]>> = {
  'apps/statefulsets': [
    ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'],
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ],
  '/persistentvolumeclaims': [
    ['resources', 'volumeName', 'volumeAttributesClassName'],
    'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  ],
}; // prettier-ignore

const same = (a: unknown, b: unknown): boolean => isSame(a as Json | undefined, b as Json | undefined);

const checkFixed = ({ collection }: Served, before: KubeObject, object: KubeObject): Cause[] => {
  const moved = (fixed[collection] ?? []).filter(
    ([path]) => at(before, path) !== undefined && !same(at(before, path), at(object, path)),
  );
  const [names, message] = changeable[collection] ?? [[], ''];
  const rest = (one: KubeObject): Fields =>
    Object.fromEntries(Object.entries((one.spec ?? {}) as Fields).filter(([name]) => !names.includes(name)));
  const isMoved = names.length > 0 && !same(rest(before), rest(object));
  return [
    ...moved.map(([path, how]) =>
      wrong(path, `the field has another value than before: ${how ?? 'field is immutable'}`),
    ),
    ...(isMoved ? [forbidden('spec', message)] : []),
    ...checkSealed(collection, before, object),
  ];
};

/** A ConfigMap or Secret that says of itself that it is immutable. */
const checkSealed = (collection: string, before: KubeObject, object: KubeObject): Cause[] => {
  if (before.immutable !== true || (collection !== '/configmaps' && collection !== '/secrets')) return [];
  const names = ['immutable', 'data', 'binaryData'].filter((name) => !same(before[name], object[name]));
  return names.map((name) => forbidden(name, 'field is immutable when `immutable` is set'));
};

const workloads = new Set(['apps/deployments', 'apps/replicasets', 'apps/statefulsets', 'apps/daemonsets']);
type Container = { readonly name?: string; readonly image?: string };

const checkWorkload = ({ collection }: Served, object: KubeObject): Cause[] => {
  const isJob = collection === 'batch/jobs';
  if (!workloads.has(collection) && !isJob && collection !== '/pods') return [];
  const counts = ['spec.replicas', 'spec.completions', 'spec.parallelism'].filter(
    (path) => Number(at(object, path) ?? 0) < 0,
  );
  const below = collection === '/pods' ? 'spec.containers' : 'spec.template.spec.containers';
  const containers = (at(object, below) ?? []) as readonly Container[];
  const incomplete = containers.flatMap(({ name, image }, index) => [
    ...(name ? [] : [required(`${below}[${index}].name`)]),
    ...(image ? [] : [required(`${below}[${index}].image`)]),
  ]);
  const selector = (at(object, 'spec.selector.matchLabels') ?? {}) as Readonly<Record<string, string>>;
  const labels = (at(object, 'spec.template.metadata.labels') ?? {}) as Readonly<Record<string, string>>;
  const isSelecting = Object.entries(selector).every(([name, value]) => labels[name] === value);
  const restart = at(object, 'spec.template.spec.restartPolicy');
  return [
    ...counts.map((path) => wrong(path, `${String(at(object, path))}: must be greater than or equal to 0`)),
    ...(containers.length > 0 ? [] : [required(below)]),
    ...incomplete,
    ...(workloads.has(collection) && at(object, 'spec.selector') === undefined
      ? [required('spec.selector')]
      : []),
    ...(isSelecting || !workloads.has(collection)
      ? []
      : [wrong('spec.template.metadata.labels', '`selector` does not match template `labels`')]),
    ...(isJob && restart !== 'Never' && restart !== 'OnFailure'
      ? [
          {
            ...required('spec.template.spec.restartPolicy'),
            message: 'Required value: valid values: "OnFailure", "Never"',
          },
        ]
      : []),
  ];
};

const checkService = ({ collection }: Served, object: KubeObject): Cause[] => {
  if (
    collection !== '/services' ||
    at(object, 'spec.type') === 'ExternalName' ||
    at(object, 'spec.clusterIP') === 'None'
  )
    return [];
  return ((at(object, 'spec.ports') ?? []) as unknown[]).length > 0 ? [] : [required('spec.ports')];
};

/** Refuses what may not be stored: 422, with the fields. The rules are those that deliveries meet, not all of Kubernetes'. */
export const validate = (served: Served, object: KubeObject, before: KubeObject | undefined): void => {
  const causes = [
    ...(before ? checkFixed(served, before, object) : checkMetadata(served, object)),
    ...checkWorkload(served, object),
    ...checkService(served, object),
  ];
  if (causes.length > 0) throw invalid(served, object.metadata.name ?? '', causes);
};
