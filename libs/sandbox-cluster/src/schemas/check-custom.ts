import type { Json } from '@syncline/kernel';

import type { Refusal, StatusCause } from '../ownership/operations.js';
import { isList, isObject, type JsonObject } from './json.js';
import type { KubeObject } from './kube-object.js';
import type { ObjectSchema } from './object-schema.js';
import type { SchemaNode } from './schema-node.js';

type Fault = Required<StatusCause>;

/**
 * Whether a custom resource holds to the schema of its definition: types, required fields, enums, bounds and patterns.
 * Rules in CEL (`x-kubernetes-validations`) are not evaluated.
 */
export const checkCustom = (
  schema: ObjectSchema,
  { metadata, ...members }: KubeObject,
): Refusal | undefined => {
  if (!schema.custom) return undefined;
  const causes = checkMembers(schema.custom, members as unknown as JsonObject, '');
  if (causes.length === 0) return undefined;
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const [group = ''] = schema.apiVersion.split('/');
  const what = `${schema.kind}.${group} ${JSON.stringify(metadata.name ?? '')}`;
  const said = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  return { code: 422, reason: 'Invalid', message: `${what} is invalid: ${said}`, causes };
};

const fault = (reason: string, field: string, message: string): Fault[] => [
  { reason: `FieldValue${reason}`, field, message },
];

const checkValue = (node: SchemaNode, value: Json, path: string): Fault[] => {
  if (value === null && (node.nullable === true || node.default !== undefined)) return [];
  const found = typeOf(value);
  const isWrong =
    node.type !== undefined && node.type !== found && !(node.type === 'number' && found === 'integer');
  const text = `Invalid value: "${found}": ${path} in body must be of type ${node.type ?? ''}: "${found}"`;
  const wrong = isWrong ? fault('TypeInvalid', path, text) : [];
  if (isObject(value)) return [...wrong, ...checkMembers(node, value, path)];
  if (isList(value)) return [...wrong, ...checkItems(node, value, path)];
  return [...wrong, ...(isWrong ? [] : checkBounds(node, value, path)), ...checkEnum(node, value, path)];
};

const typeOf = (value: Json): string => {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
};

const checkMembers = (node: SchemaNode, members: JsonObject, path: string): Fault[] => {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const known = node.properties ?? {};
  const more = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined;
  const isMissing = (name: string): boolean => (members[name] ?? known[name]?.default ?? null) === null;
  const missing = (node.required ?? []).filter(isMissing);
  const below = Object.entries(members).flatMap(([name, value]) => {
    const type = known[name] ?? more;
    const isPlace = path === '' && (name === 'apiVersion' || name === 'kind');
    return type && !isPlace && !missing.includes(name) ? checkValue(type, value, at(name)) : [];
  });
  return [...missing.flatMap((name) => fault('Required', at(name), 'Required value')), ...below];
};

const checkItems = (node: SchemaNode, items: readonly Json[], path: string): Fault[] => {
  const { items: type, maxItems, minItems } = node;
  const below = type ? items.flatMap((item, index) => checkValue(type, item, `${path}[${index}]`)) : [];
  const count = items.length;
  if (typeof maxItems === 'number' && count > maxItems)
    return [
      ...below,
      ...fault(
        'TooMany',
        path,
        `Too many: ${count}: must have at most ${maxItems} item${maxItems === 1 ? '' : 's'}`,
      ),
    ];
  if (typeof minItems === 'number' && count < minItems)
    return [...below, ...invalid(path, count, `should have at least ${minItems} items`)];
  return below;
};

const invalid = (path: string, value: Json, text: string): Fault[] =>
  fault('Invalid', path, `Invalid value: ${JSON.stringify(value)}: ${path} in body ${text}`);

const checkBounds = (node: SchemaNode, value: Json, path: string): Fault[] => {
  const { minimum, maximum, pattern, maxLength, minLength } = node;
  if (typeof value === 'number') {
    if (typeof minimum === 'number' && value < minimum)
      return invalid(path, value, `should be greater than or equal to ${minimum}`);
    if (typeof maximum === 'number' && value > maximum)
      return invalid(path, value, `should be less than or equal to ${maximum}`);
  }
  if (typeof value !== 'string') return [];
  if (typeof maxLength === 'number' && lengthOf(value) > maxLength)
    return fault('TooLong', path, `Too long: may not be more than ${maxLength} bytes`);
  if (typeof minLength === 'number' && lengthOf(value) < minLength)
    return invalid(path, value, `should be at least ${minLength} chars long`);
  if (typeof pattern === 'string' && !matches(pattern, value))
    return invalid(path, value, `should match '${pattern}'`);
  return [];
};

const lengthOf = (text: string): number => Array.from(text).length;

/** Patterns are Go's; one that this language cannot read refuses nothing. */
const matches = (pattern: string, value: string): boolean => {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
};

const checkEnum = (node: SchemaNode, value: Json, path: string): Fault[] => {
  if (!node.enum || node.enum.includes(value) || value === null) return [];
  const supported = node.enum.map((one) => JSON.stringify(one)).join(', ');
  return fault(
    'NotSupported',
    path,
    `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
  );
};
