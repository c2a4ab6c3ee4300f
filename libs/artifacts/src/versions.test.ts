import { describe, expect, it } from 'vitest';

import { isRange, pickVersion } from './versions.js';

describe('the version in a range', () => {
  const versions = ['1.0.0', '1.2.0', '1.10.0', '2.0.0', '2.1.0-rc.1', 'latest', 'v1.11.0', '1.11.0_build.5'];
  it.each([
    ['^1.0.0', '1.11.0_build.5'],
    ['1.2.x', '1.2.0'],
    ['>=1 <1.11', '1.10.0'],
    ['*', '2.0.0'],
    ['>=2.1.0-0', '2.1.0-rc.1'],
    ['^3', undefined],
    ['1.0.0', '1.0.0'],
    ['1.11.0', '1.11.0_build.5'],
  ])('%s is %s', (range, expected) => {
    expect(pickVersion(range, versions)).toBe(expected);
  });

  it('is not there where there are none, or none that is a version', () => {
    expect(pickVersion('*', [])).toBeUndefined();
    expect(pickVersion('*', ['latest', '', '..', '1'.repeat(1000)])).toBeUndefined();
  });

  it.each([
    ['^1.2.0', true],
    ['latest', false],
    ['stable-2', false],
    ['', true],
  ])('"%s" is a range: %s', (text, expected) => {
    expect(isRange(text)).toBe(expected);
  });
});
