import type { KubeObject } from '../schemas/kube-object.js';

/** One write: what became of an object, and what it was before. */
export type Change = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** `group/plural`: the objects of all versions of a resource are the same. */
  readonly collection: string;
  readonly version: number;
  readonly object: KubeObject;
  readonly before?: KubeObject;
};

/** Where an object is. */
export type Place = {
  readonly collection: string;
  readonly namespace?: string | undefined;
  readonly name: string;
};

/** What a store begins with. */
export type Kept = { readonly version: number; readonly objects: readonly (readonly [string, KubeObject])[] };

const keptChanges = 4_000;
const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;

/** The objects of one cluster in memory, with the newest changes for watches, and who owns whom by uid. */
export class Store {
  #version: number;
  /** A watch may begin at this version or a newer one. */
  #oldest: number;
  #changes: Change[] = [];
  readonly #collections = new Map<string, Map<string, KubeObject>>();
  readonly #byUid = new Map<string, Place>();
  readonly #dependents = new Map<string, Set<string>>();
  readonly #listeners = new Set<(change: Change) => void>();

  constructor(kept: Kept) {
    // No object has version 1, by which clients say that they want to create.
    this.#version = Math.max(kept.version, 1);
    this.#oldest = this.#version;
    for (const [collection, object] of kept.objects) this.#set(collection, object);
  }

  get version(): number {
    return this.#version;
  }

  find({ collection, namespace, name }: Place): KubeObject | undefined {
    return this.#collections.get(collection)?.get(keyOf(namespace, name));
  }

  /** Where the object of a uid is. */
  placeOf(uid: string): Place | undefined {
    return this.#byUid.get(uid);
  }

  /** The uids of the objects that name this uid as an owner. */
  dependentsOf(uid: string): readonly string[] {
    return [...(this.#dependents.get(uid) ?? [])];
  }

  /** The objects of a collection, in one namespace or in all, ordered by namespace and name. */
  list(collection: string, namespace?: string): readonly KubeObject[] {
    const all = [...(this.#collections.get(collection) ?? [])];
    const inside = namespace === undefined ? all : all.filter(([key]) => key.startsWith(`${namespace}/`));
    return inside.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  /** Every object with its collection. */
  all(): readonly (readonly [string, KubeObject])[] {
    return [...this.#collections].flatMap(([name, objects]) =>
      [...objects.values()].map((object) => [name, object] as const),
    );
  }

  /** Stores an object under the next version, which it then carries. */
  put(collection: string, object: KubeObject): KubeObject {
    const { namespace, name = '' } = object.metadata;
    const before = this.find({ collection, namespace, name });
    const stored = this.#stamped(object);
    if (before) this.#unset(collection, before);
    this.#set(collection, stored);
    this.#tell({
      type: before ? 'MODIFIED' : 'ADDED',
      collection,
      version: this.#version,
      object: stored,
      ...(before && { before }),
    });
    return stored;
  }

  /** Takes an object out; what is told of it carries the next version. */
  remove(collection: string, object: KubeObject): KubeObject {
    const { namespace, name = '' } = object.metadata;
    const before = this.find({ collection, namespace, name });
    if (!before) return object;
    const gone = this.#stamped(object);
    this.#unset(collection, before);
    this.#tell({ type: 'DELETED', collection, version: this.#version, object: gone, before });
    return gone;
  }

  /** The changes after a version; undefined where they are no longer known. */
  since(version: number): readonly Change[] | undefined {
    if (version < this.#oldest) return undefined;
    return this.#changes.filter((change) => change.version > version);
  }

  /** Forgets all changes until now, so that older versions are expired. */
  expire(): void {
    this.#changes = [];
    this.#oldest = this.#version;
  }

  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #stamped(object: KubeObject): KubeObject {
    this.#version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    if (this.#changes.length > keptChanges * 1.25) {
      this.#changes = this.#changes.slice(-keptChanges);
      this.#oldest = (this.#changes[0]?.version ?? this.#version) - 1;
    }
    for (const listener of this.#listeners) listener(change);
  }

  #set(collection: string, object: KubeObject): void {
    const { namespace, name = '', uid = '', ownerReferences = [] } = object.metadata;
    const objects = this.#collections.get(collection) ?? new Map<string, KubeObject>();
    this.#collections.set(collection, objects.set(keyOf(namespace, name), object));
    this.#byUid.set(uid, { collection, namespace, name });
    for (const owner of ownerReferences)
      this.#dependents.set(owner.uid, (this.#dependents.get(owner.uid) ?? new Set()).add(uid));
  }

  #unset(collection: string, { metadata }: KubeObject): void {
    const { namespace, name = '', uid = '', ownerReferences = [] } = metadata;
    this.#collections.get(collection)?.delete(keyOf(namespace, name));
    this.#byUid.delete(uid);
    for (const owner of ownerReferences) {
      const dependents = this.#dependents.get(owner.uid);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner.uid);
    }
  }
}
