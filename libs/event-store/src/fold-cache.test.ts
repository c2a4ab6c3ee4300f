import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { FoldCache } from './fold-cache.js';

const textOf = (length: number): string => 'x'.repeat(length - 2);

describe('a cache of folded states', () => {
  test('lets go of the least recently used ones when the bytes of all are more than its bound', () => {
    const cache = new FoldCache<string>(1_000);
    for (const key of ['a', 'b', 'c']) cache.set(key, textOf(300), 300);
    expect(cache.get('a')).toBeDefined();
    cache.set('d', textOf(300), 300);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key) !== undefined)).toEqual(['a', 'c', 'd']);
    expect(cache.standing).toEqual({ values: 3, bytes: 900 });
  });

  test('keeps one that is larger than its bound until another comes', () => {
    const cache = new FoldCache<string>(1_000);
    cache.set('huge', textOf(5_000), 5_000);
    expect(cache.get('huge')).toHaveLength(4_998);
    cache.set('small', textOf(10), 10);
    expect(cache.get('huge')).toBeUndefined();
    expect(cache.standing).toEqual({ values: 1, bytes: 10 });
  });

  test('weighs a value that grows no more often than it doubles', () => {
    let weighed = 0;
    const cache = new FoldCache<{ readonly toJSON: () => string }>(1e9);
    for (let length = 1_000; length <= 1_000_000; length += 1_000) {
      const toJSON = (): string => {
        weighed += 1;
        return textOf(length);
      };
      cache.set('growing', { toJSON }, 1_000);
      expect(cache.standing.bytes).toBeGreaterThanOrEqual(length / 2);
      expect(cache.standing.bytes).toBeLessThanOrEqual(2 * length + 2_000);
    }
    expect(weighed).toBeLessThan(15);
  });

  test('holds what it says, whatever is kept, asked for and let go of', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 2, max: 900 })));
    fc.assert(
      fc.property(steps, (all) => {
        const cache = new FoldCache<string>(1_000);
        for (const [key, length] of all) {
          if (length % 5 === 0) cache.delete(key);
          else cache.set(key, textOf(length), length);
          const { values, bytes } = cache.standing;
          expect(values).toBe(['a', 'b', 'c', 'd'].filter((one) => cache.get(one) !== undefined).length);
          expect(bytes <= 1_000 || values === 1).toBe(true);
          expect(bytes).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });
});
