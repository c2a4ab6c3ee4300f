import { canonicalJson } from '@syncline/kernel';
import type { FieldChange } from '@syncline/events';

import { without, type KubeObject } from '../objects/kube-object.js';
import { escapePointer, isSecret } from '../objects/secret-veil.js';
import { valueAt, type OwnedPath } from './owned-paths.js';

/** The changes that an operation shows, and how many more there are. */
export type Changes = { readonly changes: FieldChange[]; readonly changesOmitted?: number };

const mostChanges = 50;
const mostValueLength = 2_000;

/** A value where it is small enough to be shown. */
const shown = (name: 'from' | 'to', value: unknown): Pick<FieldChange, 'from' | 'to'> =>
  value !== undefined && JSON.stringify(value).length <= mostValueLength
    ? { [name]: value as NonNullable<FieldChange['to']> }
    : {};

const changeAt = (path: string, from: unknown, to: unknown, isHidden: boolean): FieldChange | undefined => {
  if (from === undefined && to === undefined) return undefined;
  const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed';
  if (change === 'changed' && canonicalJson(from) === canonicalJson(to)) return undefined;
  return { path, change, ...(!isHidden && { ...shown('from', from), ...shown('to', to) }) };
};

const isTree = (value: unknown): boolean => typeof value === 'object' && value !== null;

/** What differs at the paths in question; values of Secrets are never given. Objects are to be veiled first. */
export const changesBetween = (
  live: KubeObject | undefined,
  result: KubeObject,
  paths: readonly OwnedPath[],
): Changes => {
  const isHidden = isSecret(result);
  const changes = paths.flatMap((path) => {
    const from = live && valueAt(live, path);
    const to = valueAt(result, path);
    // Membership of a map item says nothing that its fields do not say.
    if (path.member && (isTree(from) || isTree(to))) return [];
    return changeAt(path.pointer, from, to, isHidden) ?? [];
  });
  return bounded(changes);
};

/** Every leaf of an object that is not there yet and cannot be dry-run; lists by index. */
export const additionsOf = (object: KubeObject): Changes => {
  const changes: FieldChange[] = [];
  const isHidden = isSecret(object);
  const walk = (value: unknown, path: string): void => {
    if (isTree(value) && Object.keys(value as object).length > 0) {
      for (const [key, below] of Object.entries(value as object))
        walk(below, `${path}/${escapePointer(key)}`);
      return;
    }
    const change = changeAt(path, undefined, value, isHidden);
    if (change) changes.push(change);
  };
  const { labels, annotations } = object.metadata;
  walk({ ...without(object, 'apiVersion', 'kind', 'metadata'), metadata: { labels, annotations } }, '');
  return bounded(changes);
};

const bounded = (changes: readonly FieldChange[]): Changes => ({
  changes: changes.slice(0, mostChanges),
  ...(changes.length > mostChanges && { changesOmitted: changes.length - mostChanges }),
});
