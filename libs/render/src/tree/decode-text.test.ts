import { describe, expect, test } from 'vitest';

import { decodeText } from './decode-text.js';

describe('the text of a file', () => {
  test('is read as UTF-8', () => {
    expect(decodeText('a.yaml', Buffer.from('größe: 1\n日本: 2\n'))).toBe('größe: 1\n日本: 2\n');
    expect(decodeText('a.yaml', Buffer.from('\ufeffa: 1\n'))).toBe('\ufeffa: 1\n');
  });

  test.each([
    ['Latin-1', Buffer.from('a: 1\nb: caf\u00e9\nc: 1\n', 'latin1'), 2],
    ['UTF-16', Buffer.from('\ufeffa: 1\n', 'utf16le'), 1],
    ['a character that is cut off', Buffer.from('a: 1\nb: 日').subarray(0, -1), 2],
    ['half of a surrogate pair', Buffer.from([0x0a, 0x0a, 0xed, 0xa0, 0x80]), 3],
    ['a NUL that takes two bytes', Buffer.from([0xc0, 0x80]), 1],
  ])('is refused with its line where it is %s', (_, bytes, line) => {
    expect(() => decodeText('a.yaml', bytes)).toThrow(
      expect.objectContaining({ code: 'yaml-invalid', file: 'a.yaml', line }) as Error,
    );
  });
});
