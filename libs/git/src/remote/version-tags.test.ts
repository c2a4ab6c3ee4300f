import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { highestTag, isVersionRange } from './version-tags.js';

const of = (...tags: readonly string[]): ReadonlyMap<string, string> =>
  new Map(tags.map((tag) => [tag, `commit of ${tag}`]));
const chosen = (range: string, ...tags: readonly string[]) => highestTag(of(...tags), range)?.tag;

describe('the tag of a range', () => {
  test.each([
    ['>=1.2 <2', 'v1.10.0', ['v1.2.0', 'v1.9.0', 'v1.10.0', 'v2.0.0']],
    ['^1.4', '1.4.9', ['1.4.9', '1.4.10-rc.1', '1.3.0', '2.0.0']],
    ['1.x || 3.1.0', 'v3.1.0', ['v1.0.0', 'v3.1.0', 'v3.2.0']],
    ['*', 'v2.0.0', ['v2.0.0', 'v3.0.0-beta.1', 'nightly', 'release/9.0.0', 'v4', 'v01.2.3']],
    ['>=2.0.0-rc.1 <2.1', 'v2.0.0-rc.2', ['v2.0.0-rc.1', 'v2.0.0-rc.2', 'v2.1.0-rc.1']],
    ['>=2.0.0-rc.1 <2.1', 'v2.0.0', ['v2.0.0-rc.2', 'v2.0.0']],
    ['1.0.0', 'v1.0.0+20260101', ['v1.0.0', 'v1.0.0+20260101']],
    ['1.0.0', '1.0.0', ['v1.0.0', '1.0.0']],
    ['>=5', undefined, ['v1.0.0', 'v5.0.0-rc.1']],
  ])('%s is %s', (range, tag, tags) => {
    expect(chosen(range, ...tags)).toBe(tag);
  });

  test('is the same in whatever order the tags come', () => {
    const tags = ['v1.0.0', '1.0.0', 'v1.0.0+a', 'v1.2.0-rc.1', '1.1.9', 'v1.1.9'];
    fc.assert(
      fc.property(fc.shuffledSubarray(tags, { minLength: tags.length }), (shuffled) => {
        expect(chosen('^1', ...shuffled)).toBe('1.1.9');
      }),
    );
  });
});

test.each(['', ' ', 'main', '>=1.2 <', 'v1.2.3.4', '1'.repeat(300)])('%j is no range', (text) => {
  expect(isVersionRange(text)).toBe(false);
});
