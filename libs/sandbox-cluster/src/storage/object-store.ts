import type { KubeObject } from '../schemas/kube-object.js';

/** A resource without its version: `deployments.apps`, `pods`. All versions of a resource are one set of objects. */
export type ResourceId = string;

/** What happened to an object; `object` carries the resourceVersion of the event, also where it was deleted. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceId;
  readonly object: KubeObject;
  /** The object before; absent where it was added. */
  readonly before?: KubeObject;
  readonly version: number;
};

/** No object has a version this low, so `1` never names one. */
const firstVersion = 100;
const historyLength = 10_000;

/** An object and the resource that it is of. */
export type Held = { readonly id: ResourceId; readonly object: KubeObject };

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

const keyOfObject = ({ metadata }: KubeObject): string => keyOf(metadata.namespace, metadata.name ?? '');

/** The objects of one cluster, their versions, and the latest changes for those who watch. */
export class ObjectStore {
  readonly #objects = new Map<ResourceId, Map<string, KubeObject>>();
  readonly #owned = new Map<string, Map<string, Held>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #history: Change[] = [];
  /** Changes up to this version are forgotten. */
  #forgotten = firstVersion;
  #version = firstVersion;

  /** The version of the latest change. */
  get version(): number {
    return this.#version;
  }

  find(resource: ResourceId, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.#objects.get(resource)?.get(keyOf(namespace, name));
  }

  /** The objects of a resource, in one namespace or all, ordered as the real server orders them. */
  list(resource: ResourceId, namespace?: string): readonly KubeObject[] {
    const all = [...(this.#objects.get(resource)?.entries() ?? [])];
    const wanted =
      namespace === undefined ? all : all.filter(([, { metadata }]) => metadata.namespace === namespace);
    return wanted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  resources(): readonly ResourceId[] {
    return [...this.#objects.keys()];
  }

  /** The objects of all kinds that name an owner, by its uid. */
  ownedBy(uid: string): readonly Held[] {
    return [...(this.#owned.get(uid)?.values() ?? [])];
  }

  /** Stores an object under a new version and tells who listens. */
  put(resource: ResourceId, object: KubeObject): KubeObject {
    const before = this.find(resource, object.metadata.namespace, object.metadata.name ?? '');
    const stored = this.#versioned(object);
    this.#set(resource, stored, before);
    this.#tell({
      type: before ? 'MODIFIED' : 'ADDED',
      resource,
      object: stored,
      ...(before && { before }),
      version: this.#version,
    });
    return stored;
  }

  /** Forgets an object and tells who listens. */
  remove(resource: ResourceId, object: KubeObject): KubeObject {
    const removed = this.#versioned(object);
    this.#of(resource).delete(keyOfObject(object));
    this.#disown(resource, object);
    this.#tell({ type: 'DELETED', resource, object: removed, before: object, version: this.#version });
    return removed;
  }

  /** The changes after a version; undefined where they are forgotten. */
  changesAfter(version: number): readonly Change[] | undefined {
    if (version < this.#forgotten) return undefined;
    return this.#history.filter((change) => change.version > version);
  }

  /** Forgets all past changes, so that whoever watches from an older version has to list again. */
  compact(): void {
    this.#history = [];
    this.#forgotten = this.#version;
  }

  /** Takes up what was kept of an earlier run. Nobody is told. */
  restore(version: number, objects: Iterable<readonly [ResourceId, KubeObject]>): void {
    for (const [resource, object] of objects) this.#set(resource, object);
    this.#version = Math.max(this.#version, version);
    this.compact();
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #set(id: ResourceId, object: KubeObject, before?: KubeObject): void {
    if (before) this.#disown(id, before);
    this.#of(id).set(keyOfObject(object), object);
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid) ?? new Map<string, Held>();
      this.#owned.set(uid, owned.set(`${id} ${keyOfObject(object)}`, { id, object }));
    }
  }

  #disown(id: ResourceId, object: KubeObject): void {
    for (const { uid } of object.metadata.ownerReferences ?? []) {
      const owned = this.#owned.get(uid);
      owned?.delete(`${id} ${keyOfObject(object)}`);
      if (owned?.size === 0) this.#owned.delete(uid);
    }
  }

  #versioned(object: KubeObject): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #of(resource: ResourceId): Map<string, KubeObject> {
    const found = this.#objects.get(resource) ?? new Map<string, KubeObject>();
    this.#objects.set(resource, found);
    return found;
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length >= 2 * historyLength) {
      this.#forgotten = this.#history[historyLength - 1]?.version ?? this.#forgotten;
      this.#history = this.#history.slice(historyLength);
    }
    for (const listener of this.#listeners) listener(change);
  }
}
