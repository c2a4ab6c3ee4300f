import { without, type KubeObject } from '../objects/kube-object.js';
import type { Refusal } from '../objects/wanted.js';

/** The part of an OpenAPI v3 schema of a CRD that is checked here; the server checks the rest once the CRD is there. */
type Schema = {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly nullable?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-embedded-resource'?: boolean;
};

const schemaOf = (definition: KubeObject, apiVersion: string): Schema | undefined => {
  const spec = definition.spec as
    { versions?: { name: string; schema?: { openAPIV3Schema?: Schema } }[] } | undefined;
  const version = apiVersion.split('/').at(-1);
  return spec?.versions?.find(({ name }) => name === version)?.schema?.openAPIV3Schema;
};

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};

const hasType = (value: unknown, schema: Schema): boolean => {
  const actual = typeOf(value);
  if (schema['x-kubernetes-int-or-string'] === true) return actual === 'integer' || actual === 'string';
  if (schema.type === undefined || (actual === 'null' && schema.nullable === true)) return true;
  return schema.type === actual || (schema.type === 'number' && actual === 'integer');
};

const checkMembers = (
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  field: string,
): Refusal | undefined => {
  const missing = schema.required?.find((name) => value[name] === undefined);
  if (missing !== undefined)
    return { code: 'schema', reason: `${missing} is required`, field: `${field}.${missing}` };
  for (const [name, member] of Object.entries(value)) {
    const below = `${field}.${name}`;
    const known = schema.properties?.[name];
    const further = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
    const isOpen =
      schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true;
    const isMetadata =
      schema['x-kubernetes-embedded-resource'] === true && ['apiVersion', 'kind', 'metadata'].includes(name);
    if (!known && !further && !isOpen && !isMetadata)
      return { code: 'schema', reason: 'field not declared in the schema of its CRD', field: below };
    const refusal = check(member, known ?? further ?? {}, below, isOpen);
    if (refusal) return refusal;
  }
  return undefined;
};

/** An object without declared properties is open only where the schema says so. */
const check = (value: unknown, schema: Schema, field: string, isOpen = false): Refusal | undefined => {
  if (Object.keys(schema).length === 0 && isOpen) return undefined;
  if (!hasType(value, schema))
    return {
      code: 'schema',
      reason: `expected ${schema.type ?? 'another type'}, got ${typeOf(value)}`,
      field,
    };
  if (schema.enum && !schema.enum.some((one) => one === value))
    return { code: 'schema', reason: `expected one of ${schema.enum.map(String).join(', ')}`, field };
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const refusal = schema.items && check(item, schema.items, `${field}[${index}]`);
      if (refusal) return refusal;
    }
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return checkMembers(value as Record<string, unknown>, schema, field);
};

/**
 * Whether a custom resource breaks the schema of the CRD that its own plan brings: unknown fields, missing ones, types, enums.
 * Structural schemas of apiextensions.k8s.io/v1; what is not checked here the server checks when the CRD is Established.
 */
export const rejectedBySchema = (body: KubeObject, definition: KubeObject): Refusal | undefined => {
  const schema = schemaOf(definition, body.apiVersion);
  if (!schema) return undefined;
  const rest = without(body, 'apiVersion', 'kind', 'metadata');
  const required = schema.required?.filter((name) => !['apiVersion', 'kind', 'metadata'].includes(name));
  return check(rest, { type: 'object', ...schema, ...(required && { required }) }, '');
};
