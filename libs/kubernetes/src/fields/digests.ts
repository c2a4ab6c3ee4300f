import { digestOf } from '@syncline/kernel';

import type { KubeObject } from '../objects/kube-object.js';
import { ourPaths, othersOf, valueAt, type OtherOwner, type OwnedPath } from './owned-paths.js';

/** O of docs/kubernetes.md: what we own live and what we own in the dry run's result, each path once, in order. */
export const pathsInQuestion = (
  live: KubeObject | undefined,
  dryRun: KubeObject | undefined,
): OwnedPath[] => {
  const paths = new Map<string, OwnedPath>();
  for (const object of [live, dryRun])
    for (const path of object ? ourPaths(object) : []) paths.set(keyOf(path), path);
  return [...paths.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
};

/** A path as a key: membership of an item and the whole of it are two things. */
export const keyOf = ({ pointer, member }: Pick<OwnedPath, 'pointer' | 'member'>): string =>
  member ? `${pointer}/.` : pointer;

/** A value at an owned path as it enters a digest: absent, present (where others own what is below), or as it is. */
const digestible = (object: KubeObject, path: OwnedPath, isSharedBelow: boolean): unknown => {
  const value = valueAt(object, path);
  if (value === undefined) return { absent: true };
  const isTree = typeof value === 'object' && value !== null;
  return path.member || (isTree && isSharedBelow) ? { present: true } : { value };
};

const byText = (a: OtherOwner, b: OtherOwner): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/**
 * The digest of what a plan presumes of a live object: uid, whether it is being deleted, the values at O, and for each path
 * of O its other owners. Secrets are to be veiled first. Nothing else of the object is in it, so churn does not change it.
 */
export const beforeDigest = (live: KubeObject, paths: readonly OwnedPath[]): string => {
  const others = othersOf(live);
  return digestOf({
    uid: live.metadata.uid ?? '',
    deleting: live.metadata.deletionTimestamp !== undefined,
    fields: paths.map((path) => ({
      path: keyOf(path),
      ...(digestible(live, path, others.below.has(path.pointer)) as object),
      owners: [...(others.of.get(path.pointer) ?? [])].sort(byText),
    })),
  });
};

/** The digest of what an apply leads to: the values at O afterwards, and the paths that go. */
export const afterDigest = (result: KubeObject, paths: readonly OwnedPath[]): string => {
  const { below } = othersOf(result);
  return digestOf(
    paths.map((path) => ({
      path: keyOf(path),
      ...(digestible(result, path, below.has(path.pointer)) as object),
    })),
  );
};
