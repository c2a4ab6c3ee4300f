import type { Health, ObjectName } from '@syncline/events';

import { computeHealth } from '../health/compute-health.js';
import { nameOf, type KubeObject } from '../objects/kube-object.js';

/** One object of a tree, without its content: what is kept of what was read. */
export type Node = {
  readonly object: ObjectName;
  /** The uid, or what stands for it where the object could not be seen. */
  readonly key: string;
  readonly uid?: string;
  /** The uid of the node that owns it. */
  readonly owner?: string;
  readonly health: Health;
  readonly message?: string;
  readonly createdAt?: string;
};

/** What is to be known of an object, and of whom it is where it has an owner in the tree. */
export const nodeOf = (live: KubeObject, owner?: string): Node => {
  const { health, message } = computeHealth(live);
  const { uid, creationTimestamp } = live.metadata;
  return {
    object: nameOf(live),
    key: uid ?? '',
    health,
    message,
    ...(uid !== undefined && { uid }),
    ...(owner !== undefined && { owner }),
    ...(creationTimestamp !== undefined && { createdAt: creationTimestamp }),
  };
};
