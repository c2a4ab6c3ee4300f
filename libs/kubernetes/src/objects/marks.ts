import { createHash } from 'node:crypto';

import type { ObjectName } from '@syncline/events';

import { identityOf, nameOf, type KubeObject } from './kube-object.js';

/** The name under which Syncline owns fields. */
export const fieldManager = 'syncline';
/** Where the parents of ApplySets lie. */
export const synclineNamespace = 'syncline-system';
/** Says which ApplySet an object belongs to (KEP-3659). */
export const partOfLabel = 'applyset.kubernetes.io/part-of';
const applicationAnnotation = 'syncline.dev/application';
const objectAnnotation = 'syncline.dev/object';

/** Who an object belongs to. */
export type Owner = { readonly project: string; readonly application: string };

/** The name of the ConfigMap that is the parent of an application's ApplySet. */
export const applySetName = ({ project, application }: Owner): string =>
  `applyset-${createHash('sha256').update(`${project}/${application}`).digest('hex').slice(0, 32)}`;

/** The id of an application's ApplySet: `applyset-<base64url(sha256(name.namespace.kind.group))>-v1` (KEP-3659). */
export const applySetId = (owner: Owner): string => {
  const parent = [applySetName(owner), synclineNamespace, 'ConfigMap', ''].join('.');
  return `applyset-${createHash('sha256').update(parent).digest('base64url')}-v1`;
};

/** The object with the label of its ApplySet, and annotations that name the application and this very object. */
export const mark = (object: KubeObject, owner: Owner): KubeObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    labels: { ...object.metadata.labels, [partOfLabel]: applySetId(owner) },
    annotations: {
      ...object.metadata.annotations,
      [applicationAnnotation]: `${owner.project}/${owner.application}`,
      [objectAnnotation]: identityOf(nameOf(object)),
    },
  },
});

/** Whether an object bears any of our marks: then we have applied it. */
export const isMarked = ({ metadata }: KubeObject): boolean =>
  metadata.annotations?.[applicationAnnotation] !== undefined ||
  metadata.annotations?.[objectAnnotation] !== undefined ||
  metadata.labels?.[partOfLabel] !== undefined;

/** The other application (`project/application`) that an object says it belongs to; undefined for ours and for nobody's. */
export const otherOwner = ({ metadata }: KubeObject, owner: Owner): string | undefined => {
  const named = metadata.annotations?.[applicationAnnotation];
  return named === undefined || named === `${owner.project}/${owner.application}` ? undefined : named;
};

/** Why an object must not be deleted as ours; undefined where its marks say that it is, and that no controller owns it. */
export const whyNotOurs = (live: KubeObject, object: ObjectName, owner: Owner): string | undefined => {
  const { labels, annotations, ownerReferences } = live.metadata;
  if (labels?.[partOfLabel] !== applySetId(owner)) return 'its ApplySet label is not that of the application';
  if (otherOwner(live, owner) !== undefined) return "it is marked as another application's";
  if (annotations?.[objectAnnotation] !== identityOf(object)) return 'its annotation names another object';
  const controller = ownerReferences?.find((one) => one.controller === true);
  return controller && `${controller.kind} ${controller.name} controls it`;
};

const syncOptions = ({ metadata }: KubeObject): readonly string[] =>
  (metadata.annotations?.['argocd.argoproj.io/sync-options'] ?? '').split(',').map((one) => one.trim());

const keepers: readonly (readonly [string, string])[] = [
  ['kustomize.toolkit.fluxcd.io/prune', 'disabled'],
  ['helm.sh/resource-policy', 'keep'],
  ['syncline.dev/prune', 'disabled'],
];

/** The annotation by which people keep an object from being pruned, as written; undefined where there is none. */
export const keptBy = (live: KubeObject): string | undefined => {
  if (syncOptions(live).includes('Prune=false')) return 'Prune=false';
  const found = keepers.find(([name, value]) => live.metadata.annotations?.[name] === value);
  return found && `${found[0]}: ${found[1]}`;
};

/** The annotation by which people ask to confirm a deletion; undefined where there is none. */
export const confirmedBy = (live: KubeObject): string | undefined =>
  syncOptions(live).find((one) => one === 'Delete=confirm' || one === 'Prune=confirm');
