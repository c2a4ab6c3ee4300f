/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Serialises a JSON value as RFC 8785 (JCS) text: keys sorted by UTF-16 code units, no white space, ECMAScript
 * numbers. Members whose value is `undefined` are left out. Throws a TypeError on what JSON cannot carry
 * (NaN, infinities, functions, lone surrogates).
 */
export const canonicalJson = (value: unknown): string => {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${value} has no canonical JSON`);
      return JSON.stringify(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? canonicalArray(value) : canonicalObject(value as Record<string, unknown>);
    default:
      throw new TypeError(`a ${typeof value} has no canonical JSON`);
  }
};

/** What has to be escaped in a string, and halves of surrogate pairs. Most strings hold none, and are quicker looked through than written. */
const special = /["\\\p{Cc}\p{Cs}]/u;

const quote = (text: string): string => {
  if (!special.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new TypeError('a string with a lone surrogate has no canonical JSON');
  return JSON.stringify(text);
};

const canonicalArray = (items: readonly unknown[]): string => {
  let text = '';
  for (const item of items) text += text === '' ? canonicalJson(item) : `,${canonicalJson(item)}`;
  return `[${text}]`;
};

const canonicalObject = (object: Record<string, unknown>): string => {
  let text = '';
  for (const key of Object.keys(object).sort()) {
    const value = object[key];
    if (value === undefined) continue;
    const member = `${quote(key)}:${canonicalJson(value)}`;
    text += text === '' ? member : `,${member}`;
  }
  return `{${text}}`;
};
