import type { Json } from '@syncline/kernel';
import { isList, isObject } from '../schemas/json.js';

/** A value as Go prints it with `%v`; the server's messages are made of that. */
export const goText = (value: Json): string => {
  if (isList(value)) return `[${value.map(goText).join(' ')}]`;
  if (isObject(value))
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${key}:${goText(member)}`)
      .join(' ')}]`;
  return value === null ? '<nil>' : String(value);
};

/** A value as Go prints it with `%#v`. */
export const goSyntax = (value: Json): string => {
  if (isList(value)) return `${goType(value)}{${value.map(goSyntax).join(', ')}}`;
  if (isObject(value))
    return `${goType(value)}{${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${goSyntax(member)}`)
      .join(', ')}}`;
  return value === null ? 'interface {}(nil)' : JSON.stringify(value);
};

/** The Go type that holds a value read from JSON. */
export const goType = (value: Json): string => {
  if (isList(value)) return '[]interface {}';
  if (isObject(value)) return 'map[string]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return typeof value === 'boolean' ? 'bool' : value === null ? '<nil>' : 'string';
};
