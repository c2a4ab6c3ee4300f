import type { Cluster } from '../cluster.js';
import type { KubeObject } from '../schemas/kube-object.js';
import { Refused } from '../server/answer.js';
import type { Change } from '../storage/object-store.js';
import {
  createBeginnings,
  forgetDefinition,
  reconcileClaim,
  reconcileDefinition,
  reconcileNamespace,
} from './cluster-parts.js';
import { reconcileDeployment } from './deployments.js';
import { reconcileEvent } from './events.js';
import { collectAbandoned, collectOrphans, reconcileDeletion } from './garbage.js';
import { reconcilePod } from './pods.js';
import { reconcileReplicaSet } from './replica-sets.js';
import { reconcileDaemonSet, reconcileJob, reconcileStatefulSet } from './workloads.js';

/** Brings an object towards what it asks for; may answer in how many milliseconds to look again. */
type Reconcile = (cluster: Cluster, object: KubeObject) => unknown;

const controllers: Readonly<Record<string, Reconcile>> = {
  'customresourcedefinitions.apiextensions.k8s.io': reconcileDefinition,
  'daemonsets.apps': reconcileDaemonSet,
  'deployments.apps': reconcileDeployment,
  events: reconcileEvent,
  'jobs.batch': reconcileJob,
  namespaces: reconcileNamespace,
  persistentvolumeclaims: reconcileClaim,
  pods: reconcilePod,
  'replicasets.apps': reconcileReplicaSet,
  'statefulsets.apps': reconcileStatefulSet,
};

type Key = { readonly id: string; readonly namespace: string | undefined; readonly name: string };

const textOf = ({ id, namespace, name }: Key): string => `${id}/${namespace ?? ''}/${name}`;

/** Looks after the objects of one cluster: what changes is looked at once the change is told to all. */
class Controllers {
  readonly #waiting = new Map<string, Key>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #turn: NodeJS.Immediate | undefined;

  constructor(private readonly cluster: Cluster) {}

  start(): () => void {
    const { store } = this.cluster;
    const stop = store.onChange((change) => this.#take(change));
    createBeginnings(this.cluster);
    collectAbandoned(this.cluster);
    for (const id of store.resources())
      for (const { metadata } of store.list(id))
        this.#look({ id, namespace: metadata.namespace, name: metadata.name ?? '' });
    return () => {
      stop();
      if (this.#turn) clearImmediate(this.#turn);
      for (const timer of this.#timers.values()) clearTimeout(timer);
    };
  }

  #take({ type, resource, object }: Change): void {
    const { namespace, name = '', ownerReferences = [] } = object.metadata;
    if (type === 'DELETED') {
      forgetDefinition(this.cluster, resource, object);
      setImmediate(() => this.#guard(() => collectOrphans(this.cluster, object)));
      if (namespace !== undefined) this.#look({ id: 'namespaces', namespace: undefined, name: namespace });
      const definition = {
        id: 'customresourcedefinitions.apiextensions.k8s.io',
        namespace: undefined,
        name: resource,
      };
      this.#look(definition);
    } else this.#look({ id: resource, namespace, name });
    for (const owner of ownerReferences)
      this.#look({ id: ownerResource(owner), namespace, name: owner.name });
  }

  #look(key: Key): void {
    this.#waiting.set(textOf(key), key);
    this.#turn ??= setImmediate(() => this.#work());
  }

  #work(): void {
    this.#turn = undefined;
    const keys = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const key of keys) this.#guard(() => this.#reconcile(key));
  }

  #reconcile(key: Key): void {
    const { store } = this.cluster;
    const find = (): KubeObject | undefined => store.find(key.id, key.namespace, key.name);
    const object = find();
    if (!object) return;
    reconcileDeletion(this.cluster, object);
    const waitMs = find() === object ? controllers[key.id]?.(this.cluster, object) : undefined;
    const text = textOf(key);
    clearTimeout(this.#timers.get(text));
    this.#timers.delete(text);
    if (typeof waitMs !== 'number') return;
    this.#timers.set(
      text,
      setTimeout(() => this.#look(key), Math.min(waitMs + 50, 2_147_483_647)),
    );
  }

  /** A refusal (a namespace that goes, a name that is taken) is looked at again with the next change. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof Refused) return;
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    }
  }
}

const owners: Readonly<Record<string, string>> = {
  DaemonSet: 'daemonsets.apps',
  Deployment: 'deployments.apps',
  Job: 'jobs.batch',
  ReplicaSet: 'replicasets.apps',
  StatefulSet: 'statefulsets.apps',
};

const ownerResource = ({ kind, apiVersion }: { kind: string; apiVersion: string }): string => {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : '';
  return owners[kind] ?? `${kind.toLowerCase()}s${group}`;
};

/** Runs what a controller manager, a scheduler and kubelets do for the objects of a cluster; answers how to stop it. */
export const runControllers = (cluster: Cluster): (() => void) => new Controllers(cluster).start();
