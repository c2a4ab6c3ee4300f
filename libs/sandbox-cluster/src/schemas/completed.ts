import type { Json } from '@syncline/kernel';

import { defaultsOf, type Members } from './defaults.js';
import type { FieldType, ListType, MapType } from './field-type.js';
import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';
import { canonicalQuantity } from './quantity.js';
import { isZeroOmitted } from './zero-values.js';

const isMembers = (value: Json | undefined): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The object as the API server stores it: unknown fields dropped, defaults filled, and what the server's own types do not
 * keep (nulls, empty lists, zero values) left out. A custom resource keeps all that its schema knows.
 */
export const completed = (schema: ObjectSchema, object: KubeObject): KubeObject => {
  const { apiVersion, kind } = object;
  const whole = complete(schema.root, object as unknown as Json) as unknown as KubeObject;
  return { ...whole, apiVersion, kind };
};

/** What an object of the kind holds before anything is set: the parts that are never absent. */
export const emptyObject = (schema: ObjectSchema): KubeObject => {
  const { apiVersion, kind } = schema;
  const parts = schema.custom ? {} : (bare(schema.root) as Members);
  return { apiVersion, kind, metadata: {}, ...parts };
};

const bare = (type: FieldType): Json => {
  if (type.is !== 'map') return {};
  const parts = type.fieldNames.flatMap((name) => {
    const field = type.field(name);
    if (field?.default === undefined) return [];
    return [[name, isMembers(field.default) ? bare(field.type) : field.default] as const];
  });
  return Object.fromEntries(parts);
};

const complete = (type: FieldType, value: Json): Json => {
  if (type.is === 'map' && isMembers(value)) return completeMap(type, value);
  if (type.is === 'list' && Array.isArray(value)) return completeList(type, value as Json[]);
  if (type.is === 'scalar' && type.of === 'quantity') return canonicalQuantity(value);
  if (value === null && type.is === 'scalar' && type.of === 'string') return '';
  return value;
};

const completeList = (list: ListType, items: readonly Json[]): Json =>
  items.map((item) => complete(list.items, item));

const completeMap = (map: MapType, value: Members): Json => {
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

const withSchemaDefaults = (map: MapType, value: Members): Members => {
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
  if (isMembers(value)) return isFree(field.type) && Object.keys(value).length === 0;
  return isZeroOmitted(name, value);
};

const isFree = (type: FieldType): boolean => type.is === 'map' && type.fieldNames.length === 0;
