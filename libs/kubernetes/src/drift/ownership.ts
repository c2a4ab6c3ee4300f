import { canonicalJson, sha256Hex } from '@syncline/kernel';

import { keyOf } from '../fields/digests.js';
import { managed, ourPaths } from '../fields/owned-paths.js';
import type { KubeObject } from '../objects/kube-object.js';

const digest = (value: unknown): string =>
  sha256Hex(new TextEncoder().encode(canonicalJson(value))).slice(0, 32);

/** The fields that an apply set, as one short text. */
export const fieldsDigest = (fields: readonly string[]): string => digest([...fields].sort());

/** What is kept of an object to see whether somebody took fields from us: never the object itself. */
export type Ownership = {
  /** The fields that are ours, as {@link fieldsDigest} of an inventory's entry. */
  readonly ours: string;
  /** Who owns what, but for status: another one may mean other values. */
  readonly owners: string;
};

/** The ownership of a live object. */
export const ownershipOf = (object: KubeObject): Ownership => ({
  ours: fieldsDigest(ourPaths(object).map(keyOf)),
  owners: digest([
    object.metadata.generation ?? 0,
    object.metadata.deletionTimestamp ?? '',
    managed(object).filter(({ subresource }) => subresource !== 'status'),
  ]),
});
