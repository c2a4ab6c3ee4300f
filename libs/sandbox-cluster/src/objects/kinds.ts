import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';
import type { Resource, Schemas } from '../schemas/schemas.js';

/** A resource in one version, as it is served. */
export type Served = {
  readonly groupVersion: string;
  readonly group: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly schema: ObjectSchema;
  readonly subresources: ReadonlySet<string>;
  /** Under which its objects are stored, whatever the version. */
  readonly collection: string;
};

/** Finds what is served by path or by kind; custom kinds come and go. */
export class Kinds {
  readonly #byPath = new Map<string, Served>();
  #groupVersions: ReadonlyMap<string, readonly Resource[]>;

  constructor(readonly schemas: Schemas) {
    this.#groupVersions = schemas.groupVersions();
  }

  get groupVersions(): ReadonlyMap<string, readonly Resource[]> {
    return this.#groupVersions;
  }

  /** The resource behind a path such as `apps/v1`, `deployments`. */
  find(groupVersion: string, plural: string): Served | undefined {
    const path = `${groupVersion} ${plural}`;
    const known = this.#byPath.get(path) ?? this.#read(groupVersion, plural);
    if (known) this.#byPath.set(path, known);
    return known;
  }

  /** The resource of a kind; absent for one that is not served. */
  ofKind(apiVersion: string, kind: string): Served | undefined {
    const own = this.#groupVersions.get(apiVersion) ?? [];
    const resource = own.find((one) => one.kind === kind && !one.name.includes('/'));
    return resource && this.find(apiVersion, resource.name);
  }

  /** One version of each resource whose objects are stored. */
  collections(): readonly Served[] {
    const found = new Map<string, Served>();
    for (const [groupVersion, resources] of this.#groupVersions)
      for (const { name, verbs } of resources) {
        const served =
          verbs.includes('list') && !name.includes('/') ? this.find(groupVersion, name) : undefined;
        if (served) found.set(served.collection, served);
      }
    return [...found.values()];
  }

  addCustom(definition: KubeObject): void {
    this.schemas.addCustom(definition);
    this.#refresh();
  }

  removeCustom(name: string): void {
    this.schemas.removeCustom(name);
    this.#refresh();
  }

  #refresh(): void {
    this.#byPath.clear();
    this.#groupVersions = this.schemas.groupVersions();
  }

  #read(groupVersion: string, plural: string): Served | undefined {
    const own = this.#groupVersions.get(groupVersion) ?? [];
    const resource = own.find(({ name }) => name === plural);
    const schema = resource && this.schemas.find(groupVersion, resource.kind);
    if (!resource || !schema) return undefined;
    const [, group = ''] = groupVersion.split('/').toReversed();
    const below = own
      .filter(({ name }) => name.startsWith(`${plural}/`))
      .map(({ name }) => name.slice(plural.length + 1));
    const { kind, namespaced } = resource;
    return {
      groupVersion,
      group,
      plural,
      kind,
      namespaced,
      schema,
      subresources: new Set(below),
      collection: `${group}/${plural}`,
    };
  }
}
