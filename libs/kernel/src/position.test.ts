import { describe, expect, test } from 'vitest';

import { beginning, comparePositions, formatPosition, hmacHex, parsePosition, sha256Hex } from './index.js';

describe('a position', () => {
  test('is read as it was written', () => {
    expect(parsePosition(formatPosition({ sequence: 1842, index: 3 }))).toEqual({ sequence: 1842, index: 3 });
  });

  test.each(['', '1', '1.', '.1', '-1.0', '1.0.0', 'a.b', '1e3.0'])('is not read out of "%s"', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  test('comes after those of earlier messages and of earlier events in its message', () => {
    const [first, second, third] = ['9.1', '10.0', '10.1'].map((text) => parsePosition(text) ?? beginning);
    expect(comparePositions(first!, second!)).toBeLessThan(0);
    expect(comparePositions(third!, second!)).toBeGreaterThan(0);
    expect(comparePositions(third!, third!)).toBe(0);
  });
});

describe('digests', () => {
  test('are those of FIPS 180-4 and RFC 4231', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(hmacHex('Jefe', 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });
});
