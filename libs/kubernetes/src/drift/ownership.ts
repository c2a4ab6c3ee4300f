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
  /** Who owns what, and whatever else tells that values may be others now, but for status. */
  readonly owners: string;
};

/**
 * What changes with the values of an object. Times in managedFields are whole seconds, so that who writes twice within one
 * leaves no trace there: the generation tells it of the spec, and the version where an object has no generation.
 */
const valuesToken = ({ metadata }: KubeObject): readonly unknown[] => [
  metadata.generation ?? metadata.resourceVersion ?? '',
  metadata.labels ?? {},
  metadata.annotations ?? {},
  metadata.deletionTimestamp ?? '',
];

/** The ownership of a live object. */
export const ownershipOf = (object: KubeObject): Ownership => ({
  ours: fieldsDigest(ourPaths(object).map(keyOf)),
  owners: digest([
    ...valuesToken(object),
    managed(object).filter(({ subresource }) => subresource !== 'status'),
  ]),
});
