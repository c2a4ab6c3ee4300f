import { describe, expect, it } from 'vitest';

import { canonicalQuantity } from './quantity.js';

describe('a quantity', () => {
  it.each([
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1536Mi', '1536Mi'],
    ['1e3', '1e3'],
    ['2000', '2k'],
    [1024, '1024'],
    ['-1000m', '-1'],
    ['0Gi', '0'],
    ['1.5Gi', '1536Mi'],
  ])('%s is written as %s', (written, stored) => {
    expect(canonicalQuantity(written)).toBe(stored);
  });

  it.each([['many'], [''], [true], [{ a: 1 }]])('%j is left alone', (value) => {
    expect(canonicalQuantity(value)).toEqual(value);
  });
});
