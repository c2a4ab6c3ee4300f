import type { Json } from '@syncline/kernel';

import {
  fieldInMap,
  type FieldType,
  type ListType,
  type MapType,
  type Scalar,
} from '../schemas/field-type.js';
import type { KubeObject } from '../schemas/kube-object.js';
import type { ObjectSchema } from '../schemas/object-schema.js';
import { goSyntax, goText, goType } from './go-text.js';
import type { Refusal } from './operations.js';
import { isList, isObject, type JsonObject } from '../schemas/json.js';
import { fieldElement, ItemWithoutKey, itemElement, showPath } from './path-element.js';

/** Whether an object may be applied: its types and keys, by the schema. The real server calls each fault a 500. */
export const checkApplied = (schema: ObjectSchema, applied: KubeObject): Refusal | undefined => {
  if (Array.isArray(applied.metadata.managedFields))
    return { code: 400, reason: 'BadRequest', message: 'metadata.managedFields must be nil' };
  const faults = check(schema.root, applied as unknown as Json, []).sort();
  const [only] = faults;
  if (only === undefined) return undefined;
  const { namespace = '', name = '' } = applied.metadata;
  const said = faults.length === 1 ? only : `errors:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  const what = `${namespace}/${name}; ${kindText(schema)}`;
  return { code: 500, message: `failed to create typed patch object (${what}): ${said}` };
};

const kindText = ({ apiVersion, kind }: ObjectSchema): string =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`;

type Path = readonly string[];

const fault = (path: Path, text: string): string[] => [`${showPath(path)}: ${text}`];

const check = (type: FieldType, value: Json, path: Path): string[] => {
  if (value === null || type.is === 'untyped') return [];
  if (type.is === 'scalar') return checkScalar(type, value, path);
  if (type.is === 'list')
    return isList(value)
      ? checkItems(type, value, path)
      : fault(path, `expected list, got &{${goText(value)}}`);
  return isObject(value)
    ? checkMembers(type, value, path)
    : fault(path, `expected map, got &{${goText(value)}}`);
};

const checkScalar = ({ of }: Scalar, value: Json, path: Path): string[] => {
  if (of === 'numeric' && typeof value !== 'number')
    return fault(path, `expected numeric (int or float), got ${goType(value)}`);
  if (of === 'string' && typeof value !== 'string')
    return fault(path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
  if (of === 'boolean' && typeof value !== 'boolean')
    return fault(path, `expected boolean, got &{${goText(value)}}`);
  return typeof value === 'object' ? fault(path, `expected any scalar, got &{${goText(value)}}`) : [];
};

const checkMembers = (map: MapType, members: JsonObject, path: Path): string[] => {
  const faults: string[] = [];
  for (const name of Object.keys(members).sort()) {
    const at = [...path, fieldElement(name)];
    // The real server, too, stops at the first field of a map that it does not know.
    if (!map.field(name) && !map.values) return [...faults, ...fault(at, 'field not declared in schema')];
    faults.push(...check(fieldInMap(map, name), members[name] ?? null, at));
  }
  return faults;
};

const checkItems = (list: ListType, items: readonly Json[], path: Path): string[] => {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    if (list.owned === 'atomic') return check(list.items, item, [...path, `i:${index}`]);
    const element = elementOf(list, item);
    if (element instanceof ItemWithoutKey) return fault(path, `element ${index}: ${element.message}`);
    if (seen.has(element)) return fault(path, `duplicate entries for key ${showPath([element])}`);
    seen.add(element);
    return check(list.items, item, [...path, element]);
  });
};

const elementOf = (list: ListType, item: Json): string | ItemWithoutKey => {
  try {
    return itemElement(list, item);
  } catch (error) {
    if (error instanceof ItemWithoutKey) return error;
    throw error;
  }
};
