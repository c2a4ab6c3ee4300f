import type { AdoptedManager, ObjectName } from '@syncline/events';
import type { Json } from '@syncline/kernel';

import type { ServedResource } from '../cluster-client.js';
import type { ObjectApi, PatchStep, Precondition } from '../connection/object-api.js';
import { keyOf } from '../fields/digests.js';
import {
  isAppliedByUs, isOurs, managed, otherPaths, ourPaths, ownerOf, pathsOf, withoutPath, type OtherOwner, type OwnedPath,
} from '../fields/owned-paths.js'; // prettier-ignore
import type { KubeObject, ManagedFields } from '../objects/kube-object.js';
import { fieldManager, isMarked } from '../objects/marks.js';

/** Tools that apply objects as Syncline does, and hand over what they applied. */
const tools: ReadonlySet<string> = new Set([
  'before-first-apply', 'helm', 'argocd-controller', 'kustomize-controller', 'helm-controller',
  'argocd-application-controller',
]); // prettier-ignore

/** Whether what a manager holds becomes ours when its object is adopted. */
const handsOver = ({ manager, subresource }: OtherOwner): boolean =>
  (subresource === '' || subresource === 'scale') && (tools.has(manager) || /^kubectl(-|$)/.test(manager));

/** Who applied an object that we have not; undefined where nobody did, or we have. An empty list: an adoption was begun. */
export const appliersOf = (live: KubeObject): AdoptedManager[] | undefined => {
  if (isMarked(live)) return undefined;
  const appliers = otherPaths(live).flatMap(({ owner, paths }) => {
    const keeps = !handsOver(owner);
    if (keeps && (owner.operation !== 'Apply' || owner.subresource !== '')) return [];
    const { manager, operation } = owner;
    return [{ manager, operation, fieldCount: paths.length, ...(keeps && { keeps }) }];
  });
  return appliers.length > 0 || isAppliedByUs(live) ? appliers : undefined;
};

type Fields = NonNullable<ManagedFields['fieldsV1']>;

const union = (one: Fields, other: Fields): Fields => {
  const merged: Record<string, Json> = { ...one };
  for (const [step, below] of Object.entries(other))
    merged[step] = union((merged[step] ?? {}) as Fields, below as Fields);
  return merged;
};

const isMoved = (entry: ManagedFields): boolean => !isOurs(entry) && handsOver(ownerOf(entry));

/** Whether an object has fields of tools that hand over. */
export const isToBeMoved = (live: KubeObject): boolean => managed(live).some(isMoved);

/** An object without what the tools that hand over hold. */
export const withoutFormer = (object: KubeObject): KubeObject => ({
  ...object,
  metadata: { ...object.metadata, managedFields: managed(object).filter((entry) => !isMoved(entry)) },
});

/**
 * The object with the fields of tools that hand over as ours. One entry, because an applier has one whatever the version
 * (client-go, util/csaupgrade, unites them in the same way).
 */
export const movedToUs = (live: KubeObject): KubeObject => {
  const [moved, kept] = [managed(live).filter(isMoved), withoutFormer(live)];
  if (moved.length === 0) return live;
  const own = managed(kept).filter(isOurs);
  const fields = [...own, ...moved].reduce<Fields>((all, { fieldsV1 }) => union(all, fieldsV1 ?? {}), {});
  const entry = {
    manager: fieldManager,
    operation: 'Apply',
    apiVersion: live.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: fields,
  };
  const others = managed(kept).filter((one) => !isOurs(one));
  return { ...kept, metadata: { ...kept.metadata, managedFields: [entry, ...others] } };
};

/** The patch by which an adoption moves fields; it changes no value. */
export const moveSteps = (live: KubeObject): readonly PatchStep[] => [
  { op: 'replace', path: '/metadata/managedFields', value: movedToUs(live).metadata.managedFields },
];

/** What goes when we own what the tools held, and the manifest has it not. */
const dropOrphans = (moved: KubeObject, result: KubeObject): KubeObject => {
  const kept: OwnedPath[] = [
    ...ourPaths(result),
    ...managed(withoutFormer(result))
      .filter((entry) => !isOurs(entry))
      .flatMap(({ fieldsV1 }) => pathsOf(fieldsV1)),
  ];
  const keys = new Set(kept.map(keyOf));
  const isKeptBelow = ({ pointer }: OwnedPath): boolean =>
    kept.some((path) => path.pointer.startsWith(`${pointer}/`));
  const orphans = ourPaths(moved).filter(
    (path) => !keys.has(keyOf(path)) && !(path.member && isKeptBelow(path)),
  );
  return orphans.reduce(withoutPath, result);
};

const stepsBetween = (root: string, live: object, wanted: object, names: readonly string[]): PatchStep[] =>
  names.flatMap((name): PatchStep[] => {
    const [from, to] = [live, wanted].map((one) => (one as Readonly<Record<string, unknown>>)[name]);
    if (JSON.stringify(from) === JSON.stringify(to)) return [];
    const path = `${root}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return to === undefined ? [{ op: 'remove', path }] : [{ op: 'add', path, value: to }];
  });

const untouched = new Set(['apiVersion', 'kind', 'metadata', 'status']);

/**
 * What an apply leads to once the tools' fields are ours: what the manifest has not goes, which the dry run of the apply
 * cannot show yet. So it is dry-run as a patch, in which the server fills in what becomes of removed fields.
 */
export const resultOfAdoption = async (
  api: ObjectApi,
  at: {
    readonly resource: ServedResource;
    readonly object: ObjectName;
    readonly precondition: Required<Precondition>;
  },
  live: KubeObject,
  applied: KubeObject,
  signal?: AbortSignal,
): Promise<KubeObject> => {
  const wanted = dropOrphans(movedToUs(live), applied);
  const names = [...new Set([...Object.keys(live), ...Object.keys(wanted)])].filter(
    (one) => !untouched.has(one),
  );
  const steps = [
    ...stepsBetween('', live, wanted, names),
    ...stepsBetween('/metadata', live.metadata, wanted.metadata, [
      'labels',
      'annotations',
      'finalizers',
      'ownerReferences',
    ]),
  ];
  const { precondition } = at;
  const answered = await api.patch(at.resource, at.object, steps, { dryRun: true, precondition, signal });
  const { managedFields = [] } = withoutFormer(applied).metadata;
  return { ...answered, metadata: { ...answered.metadata, managedFields } };
};
