import { describe, expect, it } from 'vitest';

import { defineTable } from '../tables/table.js';
import { keyOf } from './row-set.js';
import { copyLine, textOf } from './stored-text.js';

type Row = { readonly name: string; readonly value: unknown; readonly at: number | null };
const { columns } = defineTable<Row>('things', { name: 'text!', value: 'json', at: 'sequence?' });
const line = (name: string, value: unknown, at: number | null = 1) => copyLine(columns, { name, value, at });

describe('a line of COPY', () => {
  it('holds a plain row as it is, and nothing as \\N', () => {
    expect(line('a', { b: ['c'] })).toBe('a\t{"b":["c"]}\t1\n');
    expect(line('a', null, null)).toBe('a\t\\N\t\\N\n');
  });

  it.each([
    ['a backslash', 'a\\N', 'a\\\\N'],
    ['a tab', 'a\tb', 'a\\tb'],
    ['line ends', 'a\r\nb', 'a\\r\\nb'],
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['half a surrogate pair', 'a\ud800b', 'a\uFFFDb'],
    ['a whole surrogate pair', 'a😀b', 'a😀b'],
  ])('escapes or replaces %s in a text', (_, text, field) => {
    expect(line(text, 1)).toBe(`${field}\t1\t1\n`);
  });

  it('escapes what JSON escapes once more', () => {
    expect(line('a', 'tab\t"')).toBe(String.raw`a	"tab\\t\\""	1` + '\n');
  });
});

describe('stored JSON', () => {
  it.each([
    ['NUL in a value', { a: 'x\0' }, '{"a":"x\uFFFD"}'],
    ['half a surrogate pair in a key', { '\udc00': 1 }, '{"\uFFFD":1}'],
    ['a backslash before what looks like NUL', { a: '\\u0000' }, String.raw`{"a":"\\u0000"}`],
  ])('keeps %s storable', (_, value, text) => {
    expect(textOf('json', value)).toBe(text);
  });
});

it('keys that only join to the same text are told apart', () => {
  const pairs = defineTable<{ a: string; b: string }>('pairs', { a: 'text!', b: 'text!' });
  expect(keyOf(pairs, { a: '1', b: '12:x' })).not.toBe(keyOf(pairs, { a: '11', b: '2:x' }));
  expect(keyOf(pairs, { a: 'x', b: '' })).not.toBe(keyOf(pairs, { a: '', b: 'x' }));
});
