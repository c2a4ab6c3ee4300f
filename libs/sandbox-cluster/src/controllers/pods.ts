import { timestamp, type Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { createAs, fieldsOf, ownerOf, setStatus, type Fields } from './control.js';
import { say, type Remark } from './events.js';

type Container = { readonly name: string; readonly image?: string; readonly restartPolicy?: string };

const containers = (pod: KubeObject, name: string): readonly Container[] =>
  (fieldsOf(pod.spec)[name] ?? []) as readonly Container[];

const isOfJob = ({ metadata }: KubeObject): boolean =>
  metadata.ownerReferences?.some(({ kind }) => kind === 'Job') ?? false;

/** No registry has an image of this tag: its Pod waits for it for ever. */
const isMissing = ({ image = '' }: Container): boolean => image.endsWith(':does-not-exist');

const status = (container: Container, isReady: boolean, state: object): object => ({
  name: container.name,
  image: container.image ?? '',
  imageID: '',
  ready: isReady,
  restartCount: 0,
  state,
});

const waiting = (container: Container): object =>
  status(container, false, {
    waiting: { reason: 'ImagePullBackOff', message: 'the simulated registry has no such image' },
  });

const ended = (container: Container, now: string): object =>
  status(container, false, {
    terminated: { exitCode: 0, reason: 'Completed', startedAt: now, finishedAt: now },
  });

const running = (container: Container, now: string): object =>
  status(container, true, { running: { startedAt: now } });

const isTrue = (now: string, ...types: readonly string[]): readonly object[] =>
  types.map((type) => ({ type, status: 'True', lastTransitionTime: now }));

const address = (uid: string): string => {
  const number = Number.parseInt(uid.replaceAll('-', '').slice(0, 6), 16) || 1;
  return `10.244.${(number >> 8) % 256}.${(number % 254) + 1}`;
};

const started = (pod: KubeObject, now: string): Fields => ({
  phase: 'Running',
  conditions: isTrue(now, 'PodScheduled', 'Initialized', 'ContainersReady', 'Ready'),
  initContainerStatuses: containers(pod, 'initContainers').map((one) =>
    one.restartPolicy === 'Always' ? running(one, now) : ended(one, now),
  ),
  containerStatuses: containers(pod, 'containers').map((one) => running(one, now)),
  hostIP: '10.0.0.1',
  podIP: address(pod.metadata.uid ?? ''),
  startTime: now,
});

const notPulled = (image: string): Remark => ({
  type: 'Warning',
  reason: 'Failed',
  message: `Failed to pull image "${image}": the simulated registry has no such image`,
  component: 'kubelet',
});

/** A Pod runs at once; one of a Job ends well at once; one whose image is missing waits. */
export const reconcilePod = (cluster: Cluster, pod: KubeObject): void => {
  const { phase } = fieldsOf(pod.status);
  if (pod.metadata.deletionTimestamp !== undefined) return;
  const now = timestamp();
  const all = [...containers(pod, 'initContainers'), ...containers(pod, 'containers')];
  if (phase === 'Pending' && all.some(isMissing)) {
    if (fieldsOf(pod.status).containerStatuses === undefined) {
      setStatus(cluster, pod, { phase, containerStatuses: containers(pod, 'containers').map(waiting) });
      for (const { image = '' } of all.filter(isMissing)) say(cluster, pod, notPulled(image));
    }
  } else if (phase === 'Pending') setStatus(cluster, pod, started(pod, now));
  else if (phase === 'Running' && isOfJob(pod))
    setStatus(cluster, pod, {
      ...fieldsOf(pod.status),
      phase: 'Succeeded',
      conditions: isTrue(now, 'PodScheduled', 'Initialized'),
      containerStatuses: containers(pod, 'containers').map((one) => ended(one, now)),
    });
};

/** Creates a Pod of a template. */
export const createPod = (cluster: Cluster, owner: KubeObject, template: Fields, name: string): void => {
  const { labels, annotations } = fieldsOf(template.metadata);
  createAs(cluster, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      ...(owner.metadata.namespace !== undefined && { namespace: owner.metadata.namespace }),
      ...(labels ? { labels: labels as Record<string, string> } : {}),
      ...(annotations ? { annotations: annotations as Record<string, string> } : {}),
      ownerReferences: [ownerOf(owner)],
    },
    spec: { ...fieldsOf(template.spec), nodeName: 'sandbox' },
  });
};

/** Whether a Pod serves. */
export const isReady = (pod: KubeObject): boolean =>
  ((fieldsOf(pod.status).conditions ?? []) as readonly { type: string; status: string }[]).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  );
