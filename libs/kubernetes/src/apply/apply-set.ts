import type { TargetManifests } from '../cluster-client.js';
import type { Workbench } from '../dry-run/diff.js';
import { isKubernetesError } from '../kubernetes-error.js';
import { groupOf, nameOf, type KubeObject } from '../objects/kube-object.js';
import { applySetId, applySetName, synclineNamespace } from '../objects/marks.js';
import type { Wanted } from '../objects/wanted.js';

const namespaces = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
const configMaps = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };

const groupKinds = (wanted: readonly Wanted[]): string =>
  [
    ...new Set(
      wanted.map(({ object }) => [object.kind, groupOf(object.apiVersion)].filter(Boolean).join('.')),
    ),
  ]
    .sort()
    .join(',');

const parentOf = (target: TargetManifests, wanted: readonly Wanted[]): KubeObject => {
  const others = [...new Set(wanted.flatMap(({ object }) => object.namespace ?? []))].sort();
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: applySetName(target),
      namespace: synclineNamespace,
      labels: { 'applyset.kubernetes.io/id': applySetId(target) },
      annotations: {
        'applyset.kubernetes.io/tooling': 'syncline/v1',
        'applyset.kubernetes.io/contains-group-kinds': groupKinds(wanted),
        'applyset.kubernetes.io/additional-namespaces': others.join(','),
        'syncline.dev/application': `${target.project}/${target.application}`,
      },
    },
  };
};

/**
 * Writes the parent of the application's ApplySet (KEP-3659), by which other tools can find its members; not again where it
 * was written as it is to be. Part of an apply, never of a diff.
 */
export const writeApplySet = async (
  { api, known }: Pick<Workbench, 'api' | 'known'>,
  target: TargetManifests,
  wanted: readonly Wanted[],
  signal?: AbortSignal,
): Promise<void> => {
  const parent = parentOf(target, wanted);
  const one = { object: nameOf(parent), body: parent };
  if (known.wasApplied(one)) return;
  const write = (): Promise<KubeObject> => api.apply(configMaps, parent, { dryRun: false, signal });
  try {
    known.note(one, await write());
  } catch (error) {
    if (!isKubernetesError(error, 'namespace-absent')) throw error;
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: synclineNamespace } };
    await api.apply(namespaces, namespace, { dryRun: false, signal });
    known.note(one, await write());
  }
};
