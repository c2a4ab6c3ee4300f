import type { Json } from '@syncline/kernel';

import type { Refusal } from '../ownership/operations.js';
import { checkCustom } from './check-custom.js';
import { completed } from './completed.js';
import { fieldInMap, type FieldType, type MapType } from './field-type.js';
import { isList, isObject, type JsonObject } from './json.js';
import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';

/** What a body says, as it would be stored, and the paths of the fields that no schema knows, which are dropped. */
export type Body =
  | { readonly ok: true; readonly object: KubeObject; readonly unknown: readonly string[] }
  | { readonly ok: false; readonly refusal: Refusal };

type Found = { readonly unknown: string[]; readonly wrong: string[] };

/** Reads a body that a client POSTs or PUTs, or what its patch left. What the caller does with unknown fields is its own. */
export const readBody = (schema: ObjectSchema, body: KubeObject): Body => {
  const found: Found = { unknown: [], wrong: [] };
  look(schema.root, body as unknown as Json, '', found);
  const [wrong] = found.wrong;
  if (wrong !== undefined && !schema.custom) return { ok: false, refusal: unreadable(schema, wrong) };
  const object = completed(schema, body);
  const refusal = checkCustom(schema, object);
  return refusal ? { ok: false, refusal } : { ok: true, object, unknown: found.unknown };
};

const unreadable = ({ apiVersion, kind }: ObjectSchema, wrong: string): Refusal => {
  const version = apiVersion.split('/').at(-1) ?? '';
  const message = `${kind} in version "${version}" cannot be handled as a ${kind}: json: ${wrong}`;
  return { code: 400, reason: 'BadRequest', message };
};

const look = (type: FieldType, value: Json, path: string, found: Found): void => {
  if (value === null || type.is === 'untyped') return;
  if (type.is === 'list' && isList(value))
    value.forEach((item, index) => look(type.items, item, `${path}[${index}]`, found));
  else if (type.is === 'map' && isObject(value)) lookInMap(type, value, path, found);
  else if (type.is !== 'scalar' || !isOf(type.of, value))
    found.wrong.push(`${wrongText(type, value)}: ${path}`);
};

const lookInMap = (map: MapType, value: JsonObject, path: string, found: Found): void => {
  for (const [name, member] of Object.entries(value)) {
    const at = path === '' ? name : `${path}.${name}`;
    if (map.field(name) || map.values) look(fieldInMap(map, name), member, at, found);
    else found.unknown.push(at);
  }
};

const isOf = (scalar: string, value: Json): boolean => {
  if (typeof value === 'object') return false;
  if (scalar === 'numeric') return typeof value === 'number';
  return scalar === 'string' || scalar === 'boolean' ? typeof value === scalar : true;
};

const wrongText = (type: FieldType, value: Json): string => {
  const expected = type.is === 'scalar' ? type.of : type.is;
  return `cannot unmarshal ${isList(value) ? 'array' : typeof value} into a field of type ${expected}`;
};
