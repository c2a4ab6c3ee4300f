import type { Json } from '@syncline/kernel';

import { refuseObject, type PlacedObject } from './rendering.js';

type Substitution = (text: string) => string;

class KeyConflict extends Error {}

const substitution = (values: Readonly<Record<string, string>>): Substitution => {
  const declared = new Map(Object.entries(values));
  return (text) =>
    text.replaceAll(/(\$?)\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole: string, escape: string, name: string) => {
      const value = declared.get(name);
      if (value === undefined) return whole;
      return escape === '' ? value : whole.slice(1);
    });
};

const substituteMapping = (mapping: Readonly<Record<string, Json>>, apply: Substitution): Json => {
  const entries = Object.entries(mapping).map(
    ([key, value]) => [apply(key), substituteIn(value, apply)] as const,
  );
  const keys = new Set(entries.map(([key]) => key));
  if (keys.size < entries.length || keys.has('__proto__')) throw new KeyConflict();
  return Object.fromEntries(entries);
};

const substituteIn = (value: Json, apply: Substitution): Json => {
  if (typeof value === 'string') return apply(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => substituteIn(item, apply));
  return substituteMapping(value as Readonly<Record<string, Json>>, apply);
};

/**
 * Puts declared values in the place of `${NAME}` in text and in keys of objects, once: what comes in is not looked at again.
 * `$${NAME}` becomes `${NAME}`; names that are not declared are left as they are, with or without a second `$`. Numbers
 * stay numbers and text stays text. Throws {@link RenderError} where two keys of a mapping become one.
 */
export const substituteObjects = (
  objects: readonly PlacedObject[],
  values: Readonly<Record<string, string>>,
): readonly PlacedObject[] => {
  if (Object.keys(values).length === 0) return objects;
  const apply = substitution(values);
  return objects.map((placed) => {
    try {
      return {
        ...placed,
        object: substituteMapping(placed.object, apply) as PlacedObject['object'],
      };
    } catch (error) {
      if (!(error instanceof KeyConflict)) throw error;
      throw refuseObject(
        'substitution-conflict',
        placed,
        'has two keys that substitution makes one, or one that it makes __proto__',
      );
    }
  });
};
