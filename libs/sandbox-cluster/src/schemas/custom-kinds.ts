import { FieldTypes, objectProperties } from './field-type.js';
import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';
import type { Components, SchemaNode } from './schema-node.js';
import type { Resource } from './schemas.js';

type Version = {
  readonly name: string;
  readonly served: boolean;
  readonly schema?: { readonly openAPIV3Schema?: SchemaNode };
  readonly subresources?: { readonly status?: object; readonly scale?: object };
};

type Definition = {
  readonly group: string;
  readonly scope: string;
  readonly names: {
    readonly plural: string;
    readonly singular?: string;
    readonly kind: string;
    readonly listKind?: string;
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  };
  readonly versions: readonly Version[];
};

type CustomKind = {
  readonly schema: ObjectSchema;
  readonly node: SchemaNode;
  readonly resources: readonly Resource[];
};

const readVerbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const statusVerbs = ['get', 'patch', 'update'];

/** The kinds that CustomResourceDefinitions define, by the name of their definition. */
export class CustomKinds {
  readonly #definitions = new Map<string, readonly CustomKind[]>();

  constructor(private readonly builtIn: Components) {}

  add({ metadata, spec }: KubeObject): void {
    const definition = spec as Definition;
    const served = definition.versions.filter((version) => version.served);
    this.#definitions.set(
      metadata.name ?? '',
      served.map((version) => this.#read(definition, version)),
    );
  }

  remove(name: string): void {
    this.#definitions.delete(name);
  }

  find(apiVersion: string, kind: string): ObjectSchema | undefined {
    return this.#all().find(({ schema }) => schema.apiVersion === apiVersion && schema.kind === kind)?.schema;
  }

  groupVersions(): ReadonlyMap<string, readonly Resource[]> {
    const found = new Map<string, Resource[]>();
    for (const { schema, resources } of this.#all())
      found.set(schema.apiVersion, [...(found.get(schema.apiVersion) ?? []), ...resources]);
    return found;
  }

  /** The schemas that an OpenAPI document of a group version lists beside the built-in ones. */
  components(groupVersion: string): Components {
    const own = this.#all().filter(({ schema }) => schema.apiVersion === groupVersion);
    return Object.fromEntries(
      own.map(({ schema, node }) => [`${schema.apiVersion.replace('/', '.')}.${schema.kind}`, node]),
    );
  }

  #all(): readonly CustomKind[] {
    return [...this.#definitions.values()].flat();
  }

  #read(definition: Definition, version: Version): CustomKind {
    const { group, names } = definition;
    const apiVersion = `${group}/${version.name}`;
    const own = version.schema?.openAPIV3Schema ?? {};
    const node: SchemaNode = {
      ...own,
      type: 'object',
      properties: { ...own.properties, ...objectProperties },
      'x-kubernetes-group-version-kind': [{ group, version: version.name, kind: names.kind }],
    };
    const root = new FieldTypes(this.builtIn).of(node);
    return {
      schema: {
        apiVersion,
        kind: names.kind,
        custom: own,
        hasStatus: version.subresources?.status !== undefined,
        root,
      },
      node,
      resources: resourcesOf(definition, version),
    };
  }
}

const resourcesOf = ({ scope, names }: Definition, { subresources }: Version): Resource[] => {
  const namespaced = scope === 'Namespaced';
  const { plural, kind, shortNames, categories } = names;
  const own: Resource = {
    name: plural,
    singularName: names.singular ?? kind.toLowerCase(),
    namespaced,
    kind,
    verbs: readVerbs,
    ...(shortNames ? { shortNames } : {}),
    ...(categories ? { categories } : {}),
  };
  const below = { singularName: '', namespaced, verbs: statusVerbs };
  const status = { name: `${plural}/status`, kind, ...below };
  const scale = { name: `${plural}/scale`, kind: 'Scale', group: 'autoscaling', version: 'v1', ...below };
  return [own, ...(subresources?.status ? [status] : []), ...(subresources?.scale ? [scale] : [])];
};
