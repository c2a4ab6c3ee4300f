import type { Json } from '@syncline/kernel';

import { defaultsOf } from './defaults.js';
import type { FieldType, ListType, MapType } from './field-type.js';
import { isObject, withoutMember, type JsonObject } from './json.js';
import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';
import { canonicalQuantity } from './quantity.js';
import { isZeroOmitted } from './zero-values.js';

/**
 * The object as the API server stores it: unknown fields dropped, defaults filled, and what the server's own types do not
 * keep (nulls, empty lists, zero values) left out. A custom resource keeps all that its schema knows.
 */
export const completed = (schema: ObjectSchema, object: KubeObject): KubeObject => {
  const { apiVersion, kind } = object;
  const whole = complete(schema.root, prepared(object) as unknown as Json) as unknown as KubeObject;
  return { ...whole, apiVersion, kind };
};

/** What the server derives from the whole object: a Secret's plain texts become data, a Namespace is labelled by name. */
const prepared = (object: KubeObject): KubeObject => {
  const { apiVersion, kind, metadata } = object;
  if (apiVersion === 'v1' && kind === 'Secret') return withFoldedText(object);
  if (apiVersion !== 'v1' || kind !== 'Namespace' || metadata.name === undefined) return object;
  const labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name };
  const spec = { finalizers: ['kubernetes'], ...(object.spec as object | undefined) };
  return { ...object, metadata: { ...metadata, labels }, spec };
};

const withFoldedText = (secret: KubeObject): KubeObject => {
  const texts = Object.entries((secret.stringData ?? {}) as Record<string, string>);
  if (texts.length === 0) return withoutMember(secret, 'stringData');
  const folded = texts.map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  const data = { ...(secret.data as object | undefined), ...Object.fromEntries(folded) };
  return { ...withoutMember(secret, 'stringData'), data };
};

/** What an object of the kind holds before anything is set: the parts that are never absent. */
export const emptyObject = (schema: ObjectSchema): KubeObject => {
  const { apiVersion, kind } = schema;
  const parts = schema.custom ? {} : (bare(schema.root) as JsonObject);
  return { apiVersion, kind, metadata: {}, ...parts };
};

const bare = (type: FieldType): Json => {
  if (type.is !== 'map') return {};
  const parts = type.fieldNames.flatMap((name) => {
    const field = type.field(name);
    if (field?.default === undefined) return [];
    return [[name, isObject(field.default) ? bare(field.type) : field.default] as const];
  });
  return Object.fromEntries(parts);
};

const complete = (type: FieldType, value: Json): Json => {
  if (type.is === 'map' && isObject(value)) return completeMap(type, value);
  if (type.is === 'list' && Array.isArray(value)) return completeList(type, value as Json[]);
  if (type.is === 'scalar' && type.of === 'quantity') return canonicalQuantity(value);
  if (value === null && type.is === 'scalar' && type.of === 'string') return '';
  return value;
};

const completeList = (list: ListType, items: readonly Json[]): Json =>
  items.map((item) => complete(list.items, item));

const completeMap = (map: MapType, value: JsonObject): Json => {
  const isBuiltIn = map.name !== undefined;
  const kept = Object.entries(value).flatMap(([name, member]) => {
    const field = map.field(name);
    if (!field) return map.values ? [[name, complete(map.values, member)] as const] : [];
    if (member === null && !field.nullable) return [];
    return [[name, member] as const];
  });
  const given = withSchemaDefaults(map, Object.fromEntries(kept));
  const filled = isBuiltIn ? { ...given, ...defaultsOf(map.name, given) } : given;
  const done = Object.entries(filled).map(([name, member]) => {
    const field = map.field(name);
    return [name, field ? complete(field.type, member) : member] as const;
  });
  return Object.fromEntries(
    isBuiltIn ? done.filter(([name, member]) => !isOmitted(map, name, member)) : done,
  );
};

const withSchemaDefaults = (map: MapType, value: JsonObject): JsonObject => {
  const missing = map.fieldNames.flatMap((name) => {
    const preset = map.field(name)?.default;
    return preset === undefined || name in value ? [] : [[name, preset] as const];
  });
  return missing.length > 0 ? { ...value, ...Object.fromEntries(missing) } : value;
};

/** Whether the server's types leave a member out: Go's `omitempty`, which the schema does not say in full. */
const isOmitted = (map: MapType, name: string, value: Json): boolean => {
  const field = map.field(name);
  if (!field || field.default !== undefined || map.required.includes(name)) return false;
  if (Array.isArray(value)) return value.length === 0;
  if (isObject(value)) return isFree(field.type) && Object.keys(value).length === 0;
  return isZeroOmitted(name, value);
};

const isFree = (type: FieldType): boolean => type.is === 'map' && type.fieldNames.length === 0;
