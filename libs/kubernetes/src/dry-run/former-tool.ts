import type { KubeObject } from '../objects/kube-object.js';
import type { Refusal } from '../objects/wanted.js';
import type { Neighbourhood } from './neighbourhood.js';

const ownHomes: ReadonlySet<string> = new Set(['flux-system', 'argocd']);
const ownParts: ReadonlySet<string> = new Set(['flux', 'argocd']);

/** What Argo CD and Flux themselves run as is theirs for good. */
const refuseOwnParts = ({ kind, metadata }: KubeObject): Refusal | undefined => {
  const home = kind === 'Namespace' ? metadata.name : metadata.namespace;
  const isPart =
    ownHomes.has(home ?? '') || ownParts.has(metadata.labels?.['app.kubernetes.io/part-of'] ?? '');
  if (!isPart) return undefined;
  const reason =
    'it is part of what Argo CD or Flux itself runs as, which is never adopted; leave it out of Git here';
  return { code: 'adopt-forbidden', reason };
};

const active = (tool: string, handOver: string): Refusal => ({
  code: 'adopt-active',
  reason: `${tool} still applies it; ${handOver}, see it quiet, and plan again`,
});

const fluxKinds = [
  ['kustomize.toolkit.fluxcd.io', 'Kustomization', 'kustomization'],
  ['helm.toolkit.fluxcd.io', 'HelmRelease', 'helmrelease'],
] as const;

const refuseFlux = async (
  { labels = {} }: KubeObject['metadata'],
  around: Neighbourhood,
  signal?: AbortSignal,
): Promise<Refusal | undefined> => {
  for (const [group, kind, word] of fluxKinds) {
    const [name, namespace] = [labels[`${group}/name`], labels[`${group}/namespace`]];
    if (name === undefined || namespace === undefined) continue;
    const found = await around.find(group, kind, namespace, name, signal);
    if (!found || (found.spec as { suspend?: boolean } | undefined)?.suspend === true) continue;
    return active(
      `Flux's ${kind} ${namespace}/${name}`,
      `suspend it through Git (spec.suspend: true, or flux suspend ${word} ${name} -n ${namespace})`,
    );
  }
  return undefined;
};

type SyncPolicy = { readonly automated?: { readonly enabled?: boolean } | null };

const isAutomated = ({ spec }: KubeObject): boolean => {
  const automated = (spec as { syncPolicy?: SyncPolicy } | undefined)?.syncPolicy?.automated;
  return automated !== undefined && automated !== null && automated.enabled !== false;
};

/** `app` or `namespace_app`, before the first colon of the tracking id; the label has it alone. */
const argoApplication = ({ labels, annotations }: KubeObject['metadata']): string | undefined => {
  const tracked = annotations?.['argocd.argoproj.io/tracking-id']?.split(':')[0];
  return tracked?.split('_').at(-1) ?? labels?.['app.kubernetes.io/instance'];
};

const refuseArgo = async (
  metadata: KubeObject['metadata'],
  around: Neighbourhood,
  signal?: AbortSignal,
): Promise<Refusal | undefined> => {
  const name = argoApplication(metadata);
  if (name === undefined) return undefined;
  const all = await around.list('argoproj.io', 'Application', undefined, signal);
  const found = all.find((one) => one.metadata.name === name && isAutomated(one));
  if (!found) return undefined;
  const deletes = found.metadata.deletionTimestamp !== undefined || hasFinalizer(found);
  const finalizer = deletes ? ' and drop its resources-finalizer, which would delete what it manages' : '';
  return active(
    `Argo CD's Application ${found.metadata.namespace ?? ''}/${name}`,
    `turn its automated sync off through Git${finalizer}`,
  );
};

const hasFinalizer = ({ metadata }: KubeObject): boolean =>
  ((metadata as { finalizers?: readonly string[] }).finalizers ?? []).some((one) =>
    one.startsWith('resources-finalizer.argocd.argoproj.io'),
  );

/** Why an object that another tool applied is not adopted now, and how it would be handed over. */
export const whyNotAdopted = async (
  live: KubeObject,
  around: Neighbourhood,
  signal?: AbortSignal,
): Promise<Refusal | undefined> =>
  refuseOwnParts(live) ??
  (await refuseFlux(live.metadata, around, signal)) ??
  (await refuseArgo(live.metadata, around, signal));
