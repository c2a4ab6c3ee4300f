import type { Health, ObjectName } from '@syncline/events';

import type { TargetHealth } from '../cluster-client.js';
import { identityOf } from '../objects/kube-object.js';

type ObjectHealth = { readonly object: ObjectName; readonly health: Health; readonly message: string };

/** From worst to best: what needs a person, what is missing or going, what is not known, what takes time. */
const badness: readonly Health[] = [
  'Failed',
  'NotFound',
  'Terminating',
  'Unknown',
  'InProgress',
  'Suspended',
  'Current',
];
const mostNamed = 5;

const byBadness = (a: ObjectHealth, b: ObjectHealth): number =>
  badness.indexOf(a.health) - badness.indexOf(b.health) ||
  (identityOf(a.object) < identityOf(b.object) ? -1 : 1);

/** The health of a target: its worst object's; Current where it has none. */
export const healthOfTarget = (objects: readonly ObjectHealth[]): TargetHealth => {
  const notCurrent = objects.filter(({ health }) => health !== 'Current').sort(byBadness);
  return {
    health: notCurrent[0]?.health ?? 'Current',
    objects: notCurrent.slice(0, mostNamed),
    objectCount: notCurrent.length,
  };
};
