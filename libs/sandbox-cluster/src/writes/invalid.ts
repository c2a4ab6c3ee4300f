import type { StatusCause } from '../ownership/operations.js';
import type { KubeObject } from '../schemas/kube-object.js';

type Cause = Required<StatusCause>;
type Fields = Readonly<Record<string, unknown>>;

const at = (object: KubeObject, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Fields | undefined)?.[name], object);

const wrong = (field: string, said: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${said}`,
  field,
});
const required = (field: string): Cause => ({
  reason: 'FieldValueRequired',
  message: 'Required value',
  field,
});

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const word = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** Kinds of the RBAC group are named by any segment of a path. */
const isName = ({ kind, apiVersion }: KubeObject, name: string): boolean => {
  if (apiVersion.startsWith('rbac.authorization.k8s.io/')) return name !== '' && !/[/%]/.test(name);
  if (kind === 'Namespace' || kind === 'Service') return name.length <= 63 && word.test(name);
  return name.length <= 253 && subdomain.test(name);
};

const checkMetadata = (object: KubeObject): Cause[] => {
  const { name = '', labels = {} } = object.metadata;
  const said = `${JSON.stringify(name)}: a lowercase RFC 1123 name is expected`;
  const bad = Object.values(labels).filter((value) => value.length > 63 || !labelValue.test(value));
  return [
    ...(isName(object, name) ? [] : [wrong('metadata.name', said)]),
    ...bad.map((value) => wrong('metadata.labels', `${JSON.stringify(value)}: a valid label is expected`)),
  ];
};

type Container = { readonly name?: string; readonly image?: string };

const checkContainers = (object: KubeObject, path: string): Cause[] => {
  const containers = (at(object, path) ?? []) as readonly Container[];
  if (containers.length === 0) return [required(path)];
  return containers.flatMap(({ name, image }, index) => [
    ...(name ? [] : [required(`${path}[${index}].name`)]),
    ...(image ? [] : [required(`${path}[${index}].image`)]),
  ]);
};

const checkCounts = (object: KubeObject): Cause[] =>
  ['spec.replicas', 'spec.completions', 'spec.parallelism']
    .filter((path) => Number(at(object, path) ?? 0) < 0)
    .map((path) => wrong(path, `${String(at(object, path))}: must be greater than or equal to 0`));

const checkWorkload = (object: KubeObject): Cause[] => {
  const selector = (at(object, 'spec.selector.matchLabels') ?? {}) as Readonly<Record<string, string>>;
  const labels = (at(object, 'spec.template.metadata.labels') ?? {}) as Readonly<Record<string, string>>;
  const isSelected = Object.entries(selector).every(([name, value]) => labels[name] === value);
  return [
    ...checkCounts(object),
    ...(at(object, 'spec.selector') === undefined ? [required('spec.selector')] : []),
    ...(isSelected
      ? []
      : [wrong('spec.template.metadata.labels', '`selector` does not match template `labels`')]),
    ...checkContainers(object, 'spec.template.spec.containers'),
  ];
};

const checkJob = (object: KubeObject): Cause[] => {
  const policy = at(object, 'spec.template.spec.restartPolicy');
  const isKnown = policy === 'Never' || policy === 'OnFailure';
  return [
    ...checkCounts(object),
    ...checkContainers(object, 'spec.template.spec.containers'),
    ...(isKnown ? [] : [required('spec.template.spec.restartPolicy')]),
  ];
};

const checkService = (object: KubeObject): Cause[] => {
  const isFree = at(object, 'spec.type') === 'ExternalName' || at(object, 'spec.clusterIP') === 'None';
  const ports = (at(object, 'spec.ports') ?? []) as readonly unknown[];
  return isFree || ports.length > 0 ? [] : [required('spec.ports')];
};

/** Keys that a Secret of a type has to have. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

const checkSecret = (object: KubeObject): Cause[] => {
  const data = (object.data ?? {}) as Fields;
  return (secretKeys[String(object.type)] ?? [])
    .filter((key) => !(key in data))
    .map((key) => required(`data[${key}]`));
};

const checks: Readonly<Record<string, (object: KubeObject) => Cause[]>> = {
  'v1 Pod': (object) => checkContainers(object, 'spec.containers'),
  'v1 Secret': checkSecret,
  'v1 Service': checkService,
  'apps/v1 Deployment': checkWorkload,
  'apps/v1 ReplicaSet': checkWorkload,
  'apps/v1 StatefulSet': checkWorkload,
  'apps/v1 DaemonSet': checkWorkload,
  'batch/v1 Job': checkJob,
};

/** What may not be stored, by field. These are the rules that deliveries meet, by no means all of Kubernetes'. */
export const invalidFields = (object: KubeObject): readonly StatusCause[] => [
  ...checkMetadata(object),
  ...(checks[`${object.apiVersion} ${object.kind}`]?.(object) ?? []),
];

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** Whether the data of a Secret or the binary data of a ConfigMap can be decoded; the real server reads it as bytes. */
export const undecodable = (object: KubeObject): boolean => {
  if (object.apiVersion !== 'v1') return false;
  const data = object.kind === 'Secret' ? object.data : object.kind === 'ConfigMap' ? object.binaryData : {};
  return Object.values((data ?? {}) as Fields).some(
    (value) => typeof value === 'string' && (value.length % 4 !== 0 || !base64.test(value)),
  );
};
