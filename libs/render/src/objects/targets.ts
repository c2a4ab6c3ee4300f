import type { PatchSpec } from '@syncline/events';

import { RenderError } from '../render-error.js';
import { groupOf, metadataOf, textOf, type PlacedObject } from './rendering.js';

type Target = NonNullable<PatchSpec['target']>;

const versionOf = (placed: PlacedObject): string =>
  textOf(placed.object, 'apiVersion').split('/').at(-1) ?? '';

/** Fields of a target are anchored expressions for kustomize. Those of letters, digits, `-` and `.` are compared here. */
const fits = (wanted: string | undefined, value: string): boolean => {
  if (wanted === undefined || wanted === '' || !/^[A-Za-z0-9.-]+$/.test(wanted)) return true;
  return new RegExp(`^${wanted}$`).test(value);
};

const selects = (target: Target, placed: PlacedObject): boolean => {
  const metadata = metadataOf(placed.object);
  return (
    fits(target.kind, textOf(placed.object, 'kind')) &&
    fits(target.name, textOf(metadata, 'name')) &&
    fits(target.namespace, textOf(metadata, 'namespace')) &&
    fits(target.group, groupOf(placed.object)) &&
    fits(target.version, versionOf(placed))
  );
};

/** Throws {@link RenderError} where a patch's target selects nothing, which kustomize would pass over in silence. */
export const refuseIdlePatches = (objects: readonly PlacedObject[], patches: readonly PatchSpec[]): void => {
  for (const { target } of patches) {
    if (target === undefined || objects.some((placed) => selects(target, placed))) continue;
    const named = Object.entries(target).map(([field, value]) => `${field} ${value}`);
    throw new RenderError(
      'patch-failed',
      `a patch of spec.placement.overrides selects no object (${named.join(', ')})`,
    );
  }
};
