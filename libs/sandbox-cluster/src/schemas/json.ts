import { canonicalJson, type Json } from '@syncline/kernel';

/** The members of a JSON object. */
export type JsonObject = Readonly<Record<string, Json>>;

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

/** Whether two values are the same JSON; an absent one is only the same as an absent one. */
export const isSame = (a: Json | undefined, b: Json | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b));

/** The object without one member. */
export const withoutMember = <Whole extends object, Name extends string>(
  whole: Whole,
  name: Name,
): Omit<Whole, Name> & Whole =>
  Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name)) as Omit<Whole, Name> & Whole;
