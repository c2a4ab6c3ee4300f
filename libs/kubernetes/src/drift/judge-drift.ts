import type { DriftedField, DriftedObject } from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';

import type { InventoryEntry } from '../cluster-client.js';
import { isAutoscaled, replicas } from '../fields/autoscalers.js';
import { keyOf } from '../fields/digests.js';
import { isIgnored } from '../fields/ignored.js';
import { othersOf, ourPaths, type OtherOwner, type OtherOwners } from '../fields/owned-paths.js';
import { valueAtPointer } from '../fields/pointer-value.js';
import type { KubeObject } from '../objects/kube-object.js';

const mostFields = 200;
const mostValueLength = 2_000;

/** What the last apply made of an object, and what is live. Both are veiled: values of Secrets are HMACs. */
export type Compared = {
  readonly entry: InventoryEntry;
  /** The manifest that was applied, as it was sent. */
  readonly applied: KubeObject | undefined;
  readonly live: KubeObject | undefined;
  /** Fields that the application's manifest leaves to others. */
  readonly ignores?: readonly string[];
  /** Whether a HorizontalPodAutoscaler scales it: its replicas are conceded, whoever set them last. */
  readonly isScaled?: boolean;
  /** What the server would make of the manifest now, where that is known: the same value in another spelling is no drift. */
  readonly result?: KubeObject;
};

const shown = (name: 'from' | 'to', value: unknown): Pick<DriftedField, 'from' | 'to'> =>
  value !== undefined && JSON.stringify(value).length <= mostValueLength
    ? { [name]: value as NonNullable<DriftedField['to']> }
    : {};

/** Who holds a path, or what is above or below it where somebody took a whole map or list. */
export const holdersOf = ({ of }: OtherOwners, path: string): readonly OtherOwner[] => {
  const exact = of.get(path);
  if (exact) return exact;
  for (const [pointer, owners] of of)
    if (path.startsWith(`${pointer}/`) || pointer.startsWith(`${path}/`)) return owners;
  return [];
};

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a ?? null) === canonicalJson(b ?? null);

/** The rule of plans. */
const isConceded = (path: string, holders: readonly OtherOwner[], { isScaled }: Compared): boolean =>
  holders.some((holder) => isAutoscaled(holder, path)) || (isScaled === true && path === replicas.pointer);

/**
 * One field that the last apply set and that is ours no more: a foreign update takes the ownership of what it changes. What
 * was put back to what was applied is no drift, and what an autoscaler holds, or the manifest says is to be ignored, is conceded.
 */
const fieldOf = (path: string, compared: Compared, others: OtherOwners): readonly DriftedField[] => {
  const { applied, live, result } = compared;
  const holders = holdersOf(others, path);
  if (isConceded(path, holders, compared) || isIgnored(compared.ignores ?? [], path)) return [];
  const from = valueAtPointer(applied, path);
  const to = valueAtPointer(live, path);
  if (from === undefined && to === undefined) return [];
  if (isSame(from, to) || (result && isSame(valueAtPointer(result, path), to))) return [];
  // An empty map or list that the server does not keep.
  if (to === undefined && isEmpty(from)) return [];
  // Left out of the manifest, as a key's default: only its removal can be told, and who holds it now.
  if (from === undefined && holders.length === 0) return [];
  const [holder] = holders;
  return [
    {
      path,
      change: to === undefined ? 'removed' : 'changed',
      ...shown('from', from),
      ...shown('to', to),
      ...(holder && to !== undefined && { manager: holder.manager }),
    },
  ];
};

const whole = (
  { entry }: Compared,
  change: 'deleted' | 'recreated',
  uid: string | undefined,
): DriftedObject => ({
  object: entry.object,
  ...(uid !== undefined && { uid }),
  change,
  fields: [],
  fieldCount: 0,
});

/** A finished Job goes by itself where its manifest says so. */
const goesByItself = ({ entry, applied }: Compared): boolean =>
  entry.object.kind === 'Job' &&
  typeof (applied?.spec as { ttlSecondsAfterFinished?: number } | undefined)?.ttlSecondsAfterFinished ===
    'number';

/** The fields that the last apply set and that are ours no more. */
export const lostPaths = ({ fields = [] }: InventoryEntry, live: KubeObject): readonly string[] => {
  const ours = new Set(ourPaths(live).map(keyOf));
  return fields.filter((path) => !ours.has(path) && !path.endsWith('/.'));
};

/** How an object is not as it was applied; undefined where it is, as far as the last apply set its fields. Pure. */
export const judgeDrift = (compared: Compared): DriftedObject | undefined => {
  const { entry, live } = compared;
  if (!live) return goesByItself(compared) ? undefined : whole(compared, 'deleted', undefined);
  if (live.metadata.deletionTimestamp !== undefined) return undefined;
  if (live.metadata.uid !== entry.uid) return whole(compared, 'recreated', live.metadata.uid);
  const others = othersOf(live);
  const fields = lostPaths(entry, live).flatMap((path) => fieldOf(path, compared, others));
  if (fields.length === 0) return undefined;
  return {
    object: entry.object,
    uid: entry.uid,
    change: 'changed',
    fields: fields.slice(0, mostFields),
    fieldCount: fields.length,
  };
};
