import { readFileSync } from 'node:fs';

import { CustomKinds } from './custom-kinds.js';
import { FieldTypes } from './field-type.js';
import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';
import { openApiDocument } from './openapi-document.js';
import type { Components } from './schema-node.js';

/** One row of a discovery document (`APIResource`), as the real server lists it. */
export type Resource = {
  readonly name: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly kind: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
};

/** What the server knows of kinds: those of the real server, and custom ones as they come and go. */
export class Schemas {
  readonly #types: FieldTypes;
  readonly #custom: CustomKinds;
  readonly #found = new Map<string, ObjectSchema>();

  constructor(
    private readonly components: Components,
    private readonly resources: ReadonlyMap<string, readonly Resource[]>,
  ) {
    this.#types = new FieldTypes(components);
    this.#custom = new CustomKinds(components);
  }

  /** The schema of a kind; absent for one that is not served. */
  find(apiVersion: string, kind: string): ObjectSchema | undefined {
    const custom = this.#custom.find(apiVersion, kind);
    if (custom) return custom;
    const id = `${apiVersion} ${kind}`;
    const known = this.#found.get(id) ?? this.#builtIn(apiVersion, kind);
    if (known) this.#found.set(id, known);
    return known;
  }

  /** Takes up the served versions of a CustomResourceDefinition, in place of what it said before. */
  addCustom(definition: KubeObject): void {
    this.#custom.add(definition);
  }

  /** Forgets a definition, by its name. */
  removeCustom(name: string): void {
    this.#custom.remove(name);
  }

  /** Group versions (`v1`, `apps/v1`, also custom ones) with their resources and subresources: discovery. */
  groupVersions(): ReadonlyMap<string, readonly Resource[]> {
    const all = new Map(this.resources);
    for (const [groupVersion, resources] of this.#custom.groupVersions())
      all.set(groupVersion, [...(all.get(groupVersion) ?? []), ...resources]);
    return all;
  }

  /** The OpenAPI v3 document of a group version (`v1`, `apps/v1`); absent where none is served. */
  openApi(groupVersion: string): Readonly<Record<string, unknown>> | undefined {
    const resources = this.groupVersions().get(groupVersion);
    return (
      resources &&
      openApiDocument(groupVersion, resources, {
        ...this.components,
        ...this.#custom.components(groupVersion),
      })
    );
  }

  #builtIn(apiVersion: string, kind: string): ObjectSchema | undefined {
    const [version, group = ''] = apiVersion.split('/').toReversed();
    const isNamed = (one: { group: string; version: string; kind: string }): boolean =>
      one.group === group && one.version === version && one.kind === kind;
    const name = Object.keys(this.components).find((key) =>
      this.components[key]?.['x-kubernetes-group-version-kind']?.some(isNamed),
    );
    if (name === undefined) return undefined;
    const own = this.resources.get(apiVersion) ?? [];
    const hasStatus = own.some((one) => one.kind === kind && one.name.endsWith('/status'));
    return { apiVersion, kind, hasStatus, root: this.#types.named(name) };
  }
}

const read = (file: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8'));

/** The real server's schemas and discovery, read from this package's `schemas` folder. */
export const loadSchemas = (): Schemas => {
  const components = read('components.json') as Components;
  const resources = read('resources.json') as Record<string, Resource[]>;
  return new Schemas(components, new Map(Object.entries(resources)));
};
