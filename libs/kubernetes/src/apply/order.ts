import type { ObjectName } from '@syncline/events';

import { groupOf } from '../objects/kube-object.js';

/**
 * Kinds in the order in which others need them: what admits and configures first, what runs next, what points at it last. A
 * kind that is not named comes after the workloads; webhooks come at the very end, because they can refuse all before them.
 */
const waves: readonly (readonly string[])[] = [
  ['/Namespace'],
  ['apiextensions.k8s.io/CustomResourceDefinition'],
  ['scheduling.k8s.io/PriorityClass', 'storage.k8s.io/StorageClass', 'node.k8s.io/RuntimeClass', 'networking.k8s.io/IngressClass'],
  ['/ResourceQuota', '/LimitRange', 'networking.k8s.io/NetworkPolicy', '/ServiceAccount'],
  ['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/Role'],
  ['rbac.authorization.k8s.io/ClusterRoleBinding', 'rbac.authorization.k8s.io/RoleBinding'],
  ['/ConfigMap', '/Secret', '/PersistentVolume', '/PersistentVolumeClaim'],
  ['/Service'],
  ['apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet', '/Pod', 'batch/Job', 'batch/CronJob', '/ReplicationController'],
]; // prettier-ignore
const webhooks: ReadonlySet<string> = new Set([
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
  'apiregistration.k8s.io/APIService',
]);
const rest = waves.length;

/** Which wave a kind is in; 0 is Namespace, 1 CustomResourceDefinition. */
export const waveOf = ({ apiVersion, kind }: Pick<ObjectName, 'apiVersion' | 'kind'>): number => {
  const name = `${groupOf(apiVersion)}/${kind}`;
  if (webhooks.has(name)) return rest + 1;
  const at = waves.findIndex((wave) => wave.includes(name));
  return at === -1 ? rest : at;
};

/** Argo CD's sync wave, by its annotation; 0 where there is none. Namespaces and CRDs come before all waves. */
const syncWaveOf = (annotations: Readonly<Record<string, string>> | undefined, wave: number): number => {
  if (wave < 2) return Number.NEGATIVE_INFINITY;
  const value = Number(annotations?.['argocd.argoproj.io/sync-wave'] ?? 0);
  return Number.isInteger(value) ? value : 0;
};

type Ordered = {
  readonly object: ObjectName;
  readonly body: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
};

/** The objects in groups that are applied one after another: by sync wave, then by kind. Within a group order does not matter. */
export const inOrder = <One extends Ordered>(all: readonly One[]): One[][] => {
  const keyed = all.map((one) => {
    const wave = waveOf(one.object);
    return { one, key: [syncWaveOf(one.body.metadata.annotations, wave), wave] as const };
  });
  keyed.sort((a, b) => (a.key[0] === b.key[0] ? a.key[1] - b.key[1] : a.key[0] - b.key[0]));
  const groups: { key: readonly [number, number]; members: One[] }[] = [];
  for (const { one, key } of keyed) {
    const last = groups.at(-1);
    if (last?.key[0] === key[0] && last.key[1] === key[1]) last.members.push(one);
    else groups.push({ key, members: [one] });
  }
  return groups.map(({ members }) => members);
};

/** The reverse of the order of applying: what points at others goes before them, namespaces and CRDs last. */
export const inPruneOrder = <One extends { readonly object: ObjectName }>(all: readonly One[]): One[] =>
  [...all].sort((a, b) => waveOf(b.object) - waveOf(a.object));
