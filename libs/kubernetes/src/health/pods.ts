import type { KubeObject } from '../objects/kube-object.js';
import { current, failed, findCondition, inProgress, said, text, type Verdict } from './verdict.js';

type Waiting = { readonly reason?: string; readonly message?: string };
type ContainerStatus = {
  readonly name: string;
  readonly image?: string;
  readonly state?: { readonly waiting?: Waiting };
};

const containersOf = (pod: KubeObject): readonly ContainerStatus[] => {
  const status = (pod.status ?? {}) as Readonly<Record<string, readonly ContainerStatus[] | undefined>>;
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
};

const specImage = (pod: KubeObject, name: string): string | undefined => {
  const spec = (pod.spec ?? {}) as Readonly<
    Record<string, readonly { name: string; image?: string }[] | undefined>
  >;
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])].find((one) => one.name === name)?.image;
};

const pullReasons: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
]);
const configReasons: ReadonlySet<string> = new Set([
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);

/** Why a container does not run, where it is not simply starting. */
const whyWaiting = (pod: KubeObject, { name, image, state }: ContainerStatus): string | undefined => {
  const reason = state?.waiting?.reason ?? '';
  if (pullReasons.has(reason)) return `image "${specImage(pod, name) ?? image ?? ''}" cannot be pulled`;
  if (reason === 'CrashLoopBackOff') return `container ${name} crashes again and again`;
  if (configReasons.has(reason))
    return `container ${name} cannot start: ${state?.waiting?.message ?? reason}`;
  return undefined;
};

/** Why a Pod does not get on: its containers, or that no node takes it. */
const whyStuck = (pod: KubeObject): string | undefined => {
  for (const container of containersOf(pod)) {
    const why = whyWaiting(pod, container);
    if (why !== undefined) return why;
  }
  const unscheduled = findCondition(pod, 'PodScheduled', 'False');
  return unscheduled?.reason === 'Unschedulable'
    ? `no node takes it: ${said(unscheduled, 'unschedulable')}`
    : undefined;
};

const isCrashing = (pod: KubeObject): boolean =>
  containersOf(pod).some(({ state }) => state?.waiting?.reason === 'CrashLoopBackOff');

/** kstatus: ready or completed is Current; a crash loop is Failed. */
export const podHealth = (pod: KubeObject): Verdict => {
  const phase = text(pod, 'status', 'phase');
  if (phase === 'Succeeded') return current('completed');
  if (phase === 'Failed')
    return failed(text(pod, 'status', 'message') || text(pod, 'status', 'reason') || 'failed');
  const stuck = whyStuck(pod);
  if (isCrashing(pod)) return failed(stuck ?? 'crashes again and again');
  if (phase === 'Running' && findCondition(pod, 'Ready', 'True')) return current('ready');
  return inProgress(stuck ?? (phase === 'Running' ? 'running, not ready yet' : 'not running yet'));
};

/** What keeps most Pods of a workload from running: `image "web:1.42" cannot be pulled (2 pods)`; undefined where nothing does. */
export const whyPodsAreStuck = (pods: readonly KubeObject[]): string | undefined => {
  const reasons = new Map<string, number>();
  for (const pod of pods) {
    const why = pod.metadata.deletionTimestamp === undefined ? whyStuck(pod) : undefined;
    if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  const [first] = [...reasons].sort((a, b) => b[1] - a[1]);
  return first && `${first[0]} (${first[1]} ${first[1] === 1 ? 'pod' : 'pods'})`;
};
