/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Serialises a JSON value as RFC 8785 (JCS) text: keys sorted by UTF-16 code units, no white space, ECMAScript
 * numbers. Members whose value is `undefined` are left out. Throws a TypeError on what JSON cannot carry
 * (NaN, infinities, functions, lone surrogates).
 */
export const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object') return canonicalObject(value as Record<string, unknown>);
  throw new TypeError(`a ${typeof value} has no canonical JSON`);
};

const quote = (text: string): string => {
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical JSON');
  return JSON.stringify(text);
};

const canonicalObject = (object: Record<string, unknown>): string => {
  const members = Object.keys(object)
    .filter((key) => object[key] !== undefined)
    .sort()
    .map((key) => `${quote(key)}:${canonicalJson(object[key])}`);
  return `{${members.join(',')}}`;
};
