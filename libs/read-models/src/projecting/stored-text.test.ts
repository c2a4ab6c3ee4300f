import { describe, expect, it } from 'vitest';

import { defineTable } from '../tables/table.js';
import { keyOf } from './row-set.js';
import { textOf } from './stored-text.js';

describe('stored text', () => {
  it.each([
    ['NUL', 'a\0b', 'a\uFFFDb'],
    ['half a surrogate pair', 'a\ud800b', 'a\uFFFDb'],
    ['a whole surrogate pair', 'a😀b', 'a😀b'],
    ['a tab and a backslash', 'a\t\\N', 'a\t\\N'],
  ])('keeps or replaces %s', (_, text, stored) => {
    expect(textOf('text', text)).toBe(stored);
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
