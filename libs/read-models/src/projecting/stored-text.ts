import type { Column, Span } from '../tables/table.js';

/** NUL, and halves of surrogate pairs, which are only looked for by their range: most texts hold none. */
const suspicious = /[\0\ud800-\udfff]/;
/** The same as JSON writes them, and more: a backslash before them may itself be escaped. */
const suspiciousJson = /\\u(?:0000|d[89a-f])/;

/** Postgres refuses NUL in text and lone surrogates in jsonb; both are replaced by U+FFFD, everywhere and always. */
const storableText = (text: string): string =>
  suspicious.test(text) ? text.toWellFormed().replaceAll('\0', '\uFFFD') : text;

const storableMembers = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => {
    if (typeof one === 'string') return storableText(one);
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return one;
    return Object.fromEntries(
      Object.entries(one).map(([key, inner]) => [storableText(key), inner as unknown]),
    );
  });

const storableJson = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.includes('\\') && suspiciousJson.test(text) ? storableMembers(value) : text;
};

/** A value as the text that Postgres reads for its kind. */
export const textOf = (kind: Column['kind'], value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  switch (kind) {
    case 'json':
    case 'document':
      return storableJson(value);
    case 'range': {
      const { from, until } = value as Span;
      return until === from ? 'empty' : `[${from},${until ?? ''})`;
    }
    case 'text':
      return storableText(value as string);
    default:
      return `${value as string | number}`;
  }
};
