import { otherPaths, type OtherOwner, type OwnedPath } from './owned-paths.js';
import type { KubeObject } from '../objects/kube-object.js';

/** How many copies of a workload there are. */
export const replicas: OwnedPath = {
  pointer: '/spec/replicas',
  steps: ['f:spec', 'f:replicas'],
  member: false,
};

/** Managers that set how many copies there are. */
const scalers: ReadonlySet<string> = new Set(['keda', 'keda-operator', 'cluster-proportional-autoscaler']);

/** Managers that set what containers may use. */
const sizers: ReadonlySet<string> = new Set([
  'vpa-updater', 'vpa-recommender', 'vpa-admission-controller', 'cluster-proportional-vertical-autoscaler',
]); // prettier-ignore

/** The resources of a container in a Pod, a workload's template or a CronJob's. */
const containerResources =
  /^(\/spec\/jobTemplate)?(\/spec\/template)?\/spec\/(initContainers|containers)\/\[[^/]*\]\/resources(\/|$)/;

/** The subresource holds nothing but the number, whatever a kind calls that field. */
const isScale = ({ manager, subresource }: OtherOwner): boolean =>
  subresource === 'scale' && (scalers.has(manager) || manager === 'kube-controller-manager');

/**
 * Whether a field is left to an owner, because that is an autoscaler and the field is one of those that it is there to write.
 * Any client may take the name of a manager, so what else is written under it counts as anybody's. A
 * HorizontalPodAutoscaler acts as kube-controller-manager on the subresource `scale`; `kubectl scale` writes there too, as
 * kubectl, and is a person.
 */
export const isAutoscaled = (owner: OtherOwner, pointer: string): boolean => {
  if (isScale(owner)) return true;
  if (scalers.has(owner.manager)) return pointer === replicas.pointer;
  return sizers.has(owner.manager) && containerResources.test(pointer);
};

/** What autoscalers hold of an object, of what is theirs to write. */
export const heldByAutoscalers = (
  live: KubeObject,
): readonly { readonly owner: OtherOwner; readonly paths: readonly OwnedPath[] }[] =>
  otherPaths(live)
    .map(({ owner, paths }) => ({
      owner,
      paths: paths.filter(({ pointer, member }) => !member && isAutoscaled(owner, pointer)),
    }))
    .filter(({ paths }) => paths.length > 0);
