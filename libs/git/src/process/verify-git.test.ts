import { expect, test } from 'vitest';

import { isAtLeast } from './verify-git.js';

test.each([
  ['2.34.0', true],
  ['2.34', true],
  ['2.39.5', true],
  ['3.0.1', true],
  ['2.33.8', false],
  ['2.4.11', false],
  ['1.99.0', false],
  ['', false],
])('git %s is new enough for 2.34: %s', (version, isNew) => {
  expect(isAtLeast(version, [2, 34])).toBe(isNew);
});
