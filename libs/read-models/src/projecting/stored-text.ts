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

/** What COPY reads as something else, and what Postgres refuses: most texts hold none of it. */
const special = /[\\\n\r\t\0\ud800-\udfff]/;

const escaped = (text: string): string =>
  text
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`);

/** One field of COPY's text format (PostgreSQL manual, COPY, "Text Format"). JSON holds line ends and tabs as escapes only. */
const copyField = (kind: Column['kind'], value: unknown): string => {
  if (value === null || value === undefined) return String.raw`\N`;
  if (kind === 'text' && !special.test(value as string)) return value as string;
  const text = textOf(kind, value) ?? '';
  return kind === 'text' || text.includes('\\') ? escaped(text) : text;
};

/** A row as a line of COPY's text format. */
export const copyLine = (columns: readonly Column[], row: object): string => {
  let line = '';
  let before = '';
  for (const { property, kind } of columns) {
    line += before + copyField(kind, (row as Record<string, unknown>)[property]);
    before = '\t';
  }
  return `${line}\n`;
};
