import type { Json } from '@syncline/kernel';

import type { Components, SchemaNode } from './schema-node.js';

/** A named field of a map: its type, and the value that it has when absent. */
export type Field = { readonly type: FieldType; readonly default?: Json };

/** Of what kind a scalar is; `any` takes every scalar (quantities, int-or-string, times). */
export type Scalar = { readonly is: 'scalar'; readonly of: 'numeric' | 'string' | 'boolean' | 'any' };

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

/** Reads a schema of OpenAPI as a type. */
export declare const fieldTypeOf: (node: SchemaNode, components: Components) => FieldType;
