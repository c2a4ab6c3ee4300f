import type { HeldFields } from '@syncline/events';

import { keyOf } from './digests.js';
import { otherPaths, ourPaths, type OtherOwner } from './owned-paths.js';
import type { KubeObject } from '../objects/kube-object.js';

const textOf = ({ manager, operation, subresource }: OtherOwner): string =>
  JSON.stringify([manager, operation, subresource]);

/** Fields that one manager holds, as a plan says it. */
export const heldBy = (
  { manager, operation, subresource }: OtherOwner,
  paths: readonly string[],
): HeldFields => ({
  manager,
  ...(operation !== '' && { operation }),
  ...(subresource !== '' && { subresource }),
  paths: [...paths].sort(),
});

/** What others hold of a live object and no longer hold in the result, because we do: what a forced apply takes. */
export const takenBetween = (live: KubeObject, result: KubeObject): HeldFields[] => {
  const ours = new Set(ourPaths(result).map(keyOf));
  const kept = new Set(
    otherPaths(result).flatMap(({ owner, paths }) => paths.map((path) => textOf(owner) + keyOf(path))),
  );
  return otherPaths(live).flatMap(({ owner, paths }) => {
    const taken = paths.filter(
      (path) => !path.member && ours.has(keyOf(path)) && !kept.has(textOf(owner) + keyOf(path)),
    );
    return taken.length === 0
      ? []
      : [
          heldBy(
            owner,
            taken.map(({ pointer }) => pointer),
          ),
        ];
  });
};

/** Each manager's fields, apart where the last apply had set them: taking those back undoes drift. */
export const splitByFormer = (takeovers: readonly HeldFields[], former: ReadonlySet<string>): HeldFields[] =>
  takeovers.flatMap((one) => {
    const back = one.paths.filter((path) => former.has(path));
    const rest = one.paths.filter((path) => !former.has(path));
    return [
      ...(back.length > 0 ? [{ ...one, paths: back, ours: true }] : []),
      ...(rest.length > 0 ? [{ ...one, paths: rest }] : []),
    ];
  });

const keysOf = (held: readonly HeldFields[]): string[] =>
  held.flatMap(({ manager, operation = '', subresource = '', paths }) =>
    paths.map((path) => textOf({ manager, operation, subresource }) + path),
  );

/** Whether nothing is taken but what is listed. */
export const isWithin = (taken: readonly HeldFields[], listed: readonly HeldFields[]): boolean => {
  const allowed = new Set(keysOf(listed));
  return keysOf(taken).every((key) => allowed.has(key));
};
