import { groupOf, type KubeObject } from '../objects/kube-object.js';
import type { Listing } from './listing.js';
import { nodeOf, type Node } from './node.js';

type ChildKind = {
  readonly group: string;
  readonly kind: string;
  /** `group/Kind` of what owns such objects. */
  readonly owners: readonly string[];
};

/** What controllers make of what is declared; whatever owns a kind comes before it. */
const childKinds: readonly ChildKind[] = [
  { group: 'apps', kind: 'Deployment', owners: [] },
  { group: 'apps', kind: 'StatefulSet', owners: [] },
  { group: 'batch', kind: 'Job', owners: ['batch/CronJob'] },
  { group: 'apps', kind: 'ReplicaSet', owners: ['apps/Deployment'] },
  {
    group: '',
    kind: 'Pod',
    owners: ['apps/ReplicaSet', 'apps/StatefulSet', 'apps/DaemonSet', 'batch/Job', '/ReplicationController'],
  },
];

const servedByKubernetes = /^(?:|apps|batch|autoscaling|policy|extensions|.*\.k8s\.io)$/;

/** Whether objects of such a kind may belong to a node; an operator may make any of them of its custom resource. */
const mayOwn = ({ object }: Node, { owners }: ChildKind): boolean => {
  const group = groupOf(object.apiVersion);
  return owners.includes(`${group}/${object.kind}`) || !servedByKubernetes.test(group);
};

/** A ReplicaSet of an earlier revision: kept for a rollback, running nothing. */
const isAtRest = ({ kind, spec, status }: KubeObject): boolean =>
  kind === 'ReplicaSet' && isNothing(spec, 'replicas') && isNothing(status, 'replicas');
const isNothing = (part: unknown, field: string): boolean =>
  ((part as Readonly<Record<string, unknown>> | undefined)?.[field] ?? 0) === 0;

/** The nodes and all that they own, each after its owner. Each kind is listed once for each namespace that may hold some. */
export const findChildren = async (listing: Listing, roots: readonly Node[]): Promise<readonly Node[]> => {
  const nodes = new Map(roots.map((node) => [node.key, node]));
  for (const child of childKinds) {
    const owners = [...nodes.values()].filter((node) => node.uid !== undefined && mayOwn(node, child));
    const uids = new Set(owners.map(({ key }) => key));
    const namespaces = new Set(owners.flatMap(({ object }) => object.namespace ?? []));
    await listing.each(child.group, child.kind, namespaces, (live) => {
      const owner = live.metadata.ownerReferences?.find(({ uid }) => uids.has(uid))?.uid;
      const { uid } = live.metadata;
      if (owner === undefined || uid === undefined || nodes.has(uid) || isAtRest(live)) return;
      nodes.set(uid, nodeOf(live, owner));
    });
  }
  return [...nodes.values()];
};
