import type { HeldFields } from '@syncline/events';

import { heldByAutoscalers, replicas } from '../fields/autoscalers.js';
import { keyOf } from '../fields/digests.js';
import { concedeIgnored } from '../fields/ignored.js';
import { othersOf, ourPaths, valueAt, withoutPath } from '../fields/owned-paths.js';
import { heldBy } from '../fields/takeovers.js';
import type { KubeObject } from '../objects/kube-object.js';
import type { Wanted } from '../objects/wanted.js';
import type { Neighbourhood } from './neighbourhood.js';

/** What is sent of a manifest, and what of it is left to autoscalers. */
export type Concession = { readonly body: KubeObject; readonly conceded: readonly HeldFields[] };

/** Leaves out what an autoscaler holds: it keeps its live value. */
const concedeHeld = (body: KubeObject, live: KubeObject): Concession => {
  const held = heldByAutoscalers(live);
  const without = held.flatMap(({ paths }) => paths).reduce(withoutPath, body);
  const conceded = held.flatMap(({ owner, paths }) => {
    const left = paths.filter((path) => valueAt(body, path) !== undefined);
    return left.length > 0 ? [heldBy(owner, left.map(keyOf))] : [];
  });
  return { body: without, conceded };
};

/** Whether applying would change the number of replicas that is live. */
const isScaled = (body: KubeObject, live: KubeObject): boolean => {
  const [wanted, now] = [valueAt(body, replicas), valueAt(live, replicas)];
  if (typeof now !== 'number' || wanted === now) return false;
  return wanted !== undefined || ourPaths(live).some(({ pointer }) => pointer === replicas.pointer);
};

/** As long as nobody else owns the number, dropping it would set it to its default: so the live one is sent. */
const keepReplicas = (body: KubeObject, live: KubeObject): KubeObject => {
  if (othersOf(live).of.has(replicas.pointer)) return withoutPath(body, replicas);
  return { ...body, spec: { ...(body.spec as object), replicas: valueAt(live, replicas) } };
};

/**
 * Leaves to autoscalers what they own, and to a HorizontalPodAutoscaler that targets the workload its replicas, also before it
 * scaled for the first time; and what the application's manifest says is to be ignored, to whoever holds it.
 */
export const concede = async (
  { body, object, ignores = [] }: Pick<Wanted, 'body' | 'object' | 'ignores'>,
  live: KubeObject,
  around: Neighbourhood,
  signal?: AbortSignal,
): Promise<Concession> => {
  const ignored = concedeIgnored(body, live, ignores);
  const autoscaled = concedeHeld(ignored.body, live);
  const held = { ...autoscaled, conceded: [...ignored.conceded, ...autoscaled.conceded] };
  if (!isScaled(held.body, live)) return held;
  const autoscaler = await around.autoscalerOf(object, signal);
  if (autoscaler === undefined) return held;
  const manager = `HorizontalPodAutoscaler ${autoscaler}`;
  return {
    body: keepReplicas(held.body, live),
    conceded: [...held.conceded, { manager, paths: [replicas.pointer] }],
  };
};
