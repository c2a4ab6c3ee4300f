import type { Json } from '@syncline/kernel';

import type { Components, SchemaNode } from './schema-node.js';

/** A named field of a map: its type, and the value that it has when absent. */
export type Field = { readonly type: FieldType; readonly default?: Json; readonly nullable: boolean };

/** Of what kind a scalar is; `any` (int-or-string, times) and `quantity` take every scalar. */
export type Scalar = {
  readonly is: 'scalar';
  readonly of: 'numeric' | 'string' | 'boolean' | 'quantity' | 'any';
};

/**
 * A map with named fields, with free keys (`values`), or both. An atomic one is owned whole. `name` is its name among
 * the server's schemas.
 */
export type MapType = {
  readonly is: 'map';
  readonly atomic: boolean;
  readonly name?: string;
  readonly field: (name: string) => Field | undefined;
  readonly fieldNames: readonly string[];
  readonly values?: FieldType;
  readonly required: readonly string[];
  readonly patchStrategy: readonly string[];
};

/** A list that is owned whole, by its items' values, or by the keys of its items. */
export type ListType = {
  readonly is: 'list';
  readonly items: FieldType;
  readonly owned: 'atomic' | 'set' | { readonly keys: readonly string[] };
  readonly patchMergeKey?: string;
  readonly patchStrategy: readonly string[];
};

/** What the schema leaves open: maps are granular, lists atomic. */
export type Untyped = { readonly is: 'untyped' };

/** The type of a value, from the server's OpenAPI or a CRD. Recursive types are lazy inside `field`. */
export type FieldType = Scalar | MapType | ListType | Untyped;

/** The type of what a map holds under a name. */
export const fieldInMap = (map: MapType, name: string): FieldType =>
  map.field(name)?.type ?? map.values ?? untyped;

const untyped: Untyped = { is: 'untyped' };
const quantity: Scalar = { is: 'scalar', of: 'quantity' };
const anyScalar: Scalar = { is: 'scalar', of: 'any' };
const refPrefix = '#/components/schemas/';

/** Reads schemas as types; each named schema once, so that recursive ones end. */
export class FieldTypes {
  readonly #named = new Map<string, FieldType>();

  constructor(private readonly components: Components) {}

  /** The type of a named schema; untyped where there is none. */
  named(name: string): FieldType {
    const known = this.#named.get(name);
    if (known) return known;
    const node = this.components[name];
    const type: FieldType = name.endsWith('.Quantity') ? quantity : node ? this.of(node, name) : untyped;
    this.#named.set(name, type);
    return type;
  }

  /** The type that a schema says; `name` is its own among the components. */
  of(node: SchemaNode, name?: string): FieldType {
    const ref = node.$ref ?? (node.properties ? undefined : node.allOf?.find((one) => one.$ref)?.$ref);
    if (ref) return this.#withExtensions(this.named(ref.slice(refPrefix.length)), node);
    if (node['x-kubernetes-int-or-string'] === true || isIntOrString(node)) return anyScalar;
    if (node.items) return this.#list(node, node.items);
    const isOpen = node['x-kubernetes-preserve-unknown-fields'] === true;
    if (node.properties || node.additionalProperties || (isOpen && node.type === 'object'))
      return this.#map(node, name);
    return scalarOf(node);
  }

  /** What stands beside a reference goes before what stands in it: `x-kubernetes-map-type: atomic`, patch strategies. */
  #withExtensions(type: FieldType, node: SchemaNode): FieldType {
    if (type.is !== 'map') return type;
    const patchStrategy = strategiesOf(node);
    const isAtomic = node['x-kubernetes-map-type'] === 'atomic';
    return isAtomic || patchStrategy.length > 0
      ? { ...type, atomic: type.atomic || isAtomic, patchStrategy: [...type.patchStrategy, ...patchStrategy] }
      : type;
  }

  #list(node: SchemaNode, items: SchemaNode): ListType {
    const patchMergeKey = node['x-kubernetes-patch-merge-key'];
    return {
      is: 'list',
      items: this.of(items),
      owned: ownedOf(node),
      ...(patchMergeKey === undefined ? {} : { patchMergeKey }),
      patchStrategy: strategiesOf(node),
    };
  }

  #map(node: SchemaNode, name: string | undefined): MapType {
    const fields = new Map<string, Field>();
    const properties = this.#propertiesOf(node);
    const { additionalProperties } = node;
    const isOpen = node['x-kubernetes-preserve-unknown-fields'] === true || additionalProperties === true;
    const values =
      typeof additionalProperties === 'object' ? this.of(additionalProperties) : isOpen ? untyped : undefined;
    return {
      is: 'map',
      atomic: node['x-kubernetes-map-type'] === 'atomic',
      ...(name === undefined ? {} : { name }),
      fieldNames: Object.keys(properties),
      field: (key) => {
        const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
        if (!property) return undefined;
        const known = fields.get(key) ?? this.#field(property);
        fields.set(key, known);
        return known;
      },
      ...(values === undefined ? {} : { values }),
      required: node.required ?? [],
      patchStrategy: strategiesOf(node),
    };
  }

  #field(node: SchemaNode): Field {
    const type = this.of(node);
    const nullable = node.nullable === true;
    return node.default === undefined ? { type, nullable } : { type, nullable, default: node.default };
  }

  /** An embedded resource has what every object has, whether its schema says so or not. */
  #propertiesOf(node: SchemaNode): Readonly<Record<string, SchemaNode>> {
    if (node['x-kubernetes-embedded-resource'] !== true) return node.properties ?? {};
    return { ...node.properties, ...objectProperties };
  }
}

/** The properties that every object has. */
export const objectProperties: Readonly<Record<string, SchemaNode>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { $ref: `${refPrefix}io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta` },
};

const isIntOrString = ({ format, oneOf, anyOf }: SchemaNode): boolean =>
  format === 'int-or-string' || [...(oneOf ?? []), ...(anyOf ?? [])].some((one) => one.type === 'string');

const strategiesOf = (node: SchemaNode): string[] => node['x-kubernetes-patch-strategy']?.split(',') ?? [];

const ownedOf = (node: SchemaNode): ListType['owned'] => {
  const type = node['x-kubernetes-list-type'] ?? 'atomic';
  return type === 'map' ? { keys: node['x-kubernetes-list-map-keys'] ?? [] } : type;
};

const scalarOf = ({ type, format }: SchemaNode): FieldType => {
  if (type === 'integer' || type === 'number') return { is: 'scalar', of: 'numeric' };
  if (type === 'boolean') return { is: 'scalar', of: 'boolean' };
  if (type === 'string') return format === 'date-time' ? anyScalar : { is: 'scalar', of: 'string' };
  return untyped;
};
