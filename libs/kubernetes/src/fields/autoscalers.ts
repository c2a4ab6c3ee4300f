import { otherPaths, type OtherOwner, type OwnedPath } from './owned-paths.js';
import type { KubeObject } from '../objects/kube-object.js';

/** Managers that scale or size workloads by what they measure; people do not use their names. */
const autoscalers: ReadonlySet<string> = new Set([
  'keda', 'keda-operator', 'vpa-updater', 'vpa-recommender', 'vpa-admission-controller', 'cluster-proportional-autoscaler',
  'cluster-proportional-vertical-autoscaler',
]); // prettier-ignore

/**
 * Whether an owner is an autoscaler. A HorizontalPodAutoscaler acts as kube-controller-manager on the subresource `scale`;
 * `kubectl scale` writes there too, as kubectl, and is a person.
 */
export const isAutoscaler = ({ manager, subresource }: OtherOwner): boolean =>
  autoscalers.has(manager) || (manager === 'kube-controller-manager' && subresource === 'scale');

/** What autoscalers hold of an object. */
export const heldByAutoscalers = (
  live: KubeObject,
): readonly { readonly owner: OtherOwner; readonly paths: readonly OwnedPath[] }[] =>
  otherPaths(live).filter(({ owner }) => isAutoscaler(owner));
