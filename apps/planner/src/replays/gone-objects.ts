import type { Manifest, ObjectName } from '@syncline/events';

/** An object of the record that can be brought back: where it was applied last, and as what. */
export type Gone = {
  readonly object: ObjectName;
  readonly manifest: Manifest;
  /** Whether the revision that is applied has it: then it was deleted by somebody else. */
  readonly isWanted: boolean;
};

/** Objects that others need, and those that need them: the rest is in between, by name. Larger than that, the applier orders. */
const first = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'Secret',
  'ConfigMap',
  'PersistentVolumeClaim',
];
const last = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Ingress'];

const rankOf = ({ kind }: ObjectName): number => {
  const early = first.indexOf(kind);
  if (early >= 0) return early;
  return first.length + 1 + last.indexOf(kind);
};

const textOf = ({ kind, namespace = '', name }: ObjectName): string => `${kind}/${namespace}/${name}`;

/** In the order of kinds: what others need comes first. */
export const inOrder = (gone: readonly Gone[]): readonly Gone[] =>
  [...gone].sort((a, b) => {
    const byKind = rankOf(a.object) - rankOf(b.object);
    return byKind === 0 ? (textOf(a.object) < textOf(b.object) ? -1 : 1) : byKind;
  });

type Metadata = { readonly name?: string; readonly namespace?: string };

/** What a manifest is of. */
export const objectOf = (manifest: Manifest): ObjectName => {
  const {
    apiVersion = '',
    kind = '',
    metadata,
  } = manifest as {
    apiVersion?: string;
    kind?: string;
    metadata?: Metadata;
  };
  const { name = '', namespace } = metadata ?? {};
  return { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) };
};

/** Whether two names are of one object, where one may leave out the namespace that it has by itself. */
export const isSame = (a: ObjectName, b: ObjectName): boolean =>
  a.kind === b.kind &&
  a.name === b.name &&
  groupOf(a) === groupOf(b) &&
  (a.namespace === undefined || b.namespace === undefined || a.namespace === b.namespace);

const groupOf = ({ apiVersion }: ObjectName): string =>
  apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';

/** Whether a person names an object so: `Kind/name`, `Kind/namespace/name`, or as it is printed. */
export const isNamed = (text: string, { kind, namespace, name }: ObjectName): boolean => {
  const [wanted = '', ...rest] = text.trim().split(/[\s/]+/);
  const [own, of] = [rest.at(-1), rest.length > 1 ? rest[0] : undefined];
  return (
    wanted.toLowerCase() === kind.toLowerCase() &&
    own === name &&
    (of === undefined || namespace === undefined || of === namespace)
  );
};
