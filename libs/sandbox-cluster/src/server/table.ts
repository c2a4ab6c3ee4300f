import type { Resource } from '../schemas/schemas.js';
import type { KubeObject } from '../schemas/kube-object.js';

type Fields = Readonly<Record<string, unknown>>;
type Column = { readonly name: string; readonly cell: (object: KubeObject) => string };

const at = (object: KubeObject, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Fields | undefined)?.[name], object);
const number = (object: KubeObject, path: string): number => Number(at(object, path) ?? 0);
const text = (object: KubeObject, path: string): string => {
  const value = at(object, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '<none>';
};

type ContainerStatus = {
  readonly ready?: boolean;
  readonly state?: { readonly waiting?: { readonly reason?: string } };
};
const statuses = (pod: KubeObject): readonly ContainerStatus[] =>
  (at(pod, 'status.containerStatuses') ?? []) as readonly ContainerStatus[];

const podStatus = (pod: KubeObject): string => {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const waiting = statuses(pod).find(({ state }) => state?.waiting?.reason !== undefined);
  return waiting?.state?.waiting?.reason ?? text(pod, 'status.phase');
};

const columns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [
    { name: 'Ready', cell: (pod) => `${statuses(pod).filter(({ ready }) => ready).length}/${((at(pod, 'spec.containers') ?? []) as readonly unknown[]).length}` },
    { name: 'Status', cell: podStatus },
  ],
  Deployment: [
    { name: 'Ready', cell: (one) => `${number(one, 'status.readyReplicas')}/${number(one, 'spec.replicas')}` },
    { name: 'Up-to-date', cell: (one) => String(number(one, 'status.updatedReplicas')) },
    { name: 'Available', cell: (one) => String(number(one, 'status.availableReplicas')) },
  ],
  Namespace: [{ name: 'Status', cell: (one) => text(one, 'status.phase') }],
  Service: [
    { name: 'Type', cell: (one) => text(one, 'spec.type') },
    { name: 'Cluster-IP', cell: (one) => text(one, 'spec.clusterIP') },
  ],
  PersistentVolumeClaim: [{ name: 'Status', cell: (one) => text(one, 'status.phase') }],
}; // prettier-ignore

/** How long ago, in kubectl's short form. */
const ageOf = ({ metadata: { creationTimestamp } }: KubeObject, now: number): string => {
  const seconds = Math.max(0, Math.round((now - Date.parse(creationTimestamp ?? '')) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
};

/** Whether a client wants rows to show rather than objects. */
export const wantsTable = (accept: string): boolean => /;\s*as=Table\b/.test(accept);

/** Objects as rows (meta/v1 Table), which is what `kubectl get` shows. */
export const tableOf = (
  { kind }: Resource,
  objects: readonly KubeObject[],
  metadata: object,
  now = Date.now(),
): object => {
  const own = columns[kind] ?? [];
  const named = (name: string, format = ''): object => ({
    name,
    type: 'string',
    format,
    description: '',
    priority: 0,
  });
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: [named('Name', 'name'), ...own.map(({ name }) => named(name)), named('Age')],
    rows: objects.map((object) => ({
      cells: [object.metadata.name ?? '', ...own.map(({ cell }) => cell(object)), ageOf(object, now)],
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
};
