import { expect, test } from 'vitest';

import { resolveAddress } from './submodules.js';

test.each([
  ['https://example.com/team/fleet.git', '../lib.git', 'https://example.com/team/lib.git'],
  ['https://example.com/team/fleet.git/', '../../other/lib', 'https://example.com/other/lib'],
  ['git@example.com:team/fleet.git', '../lib.git', 'git@example.com:team/lib.git'],
  ['git@example.com:fleet.git', '../lib.git', 'git@example.com:lib.git'],
  [
    'ssh://git@example.com:2222/team/fleet.git',
    './sub/../lib',
    'ssh://git@example.com:2222/team/fleet.git/sub/../lib',
  ],
])('an address counts from %s: %s is %s', (base, address, resolved) => {
  expect(resolveAddress(base, address)).toBe(resolved);
});
