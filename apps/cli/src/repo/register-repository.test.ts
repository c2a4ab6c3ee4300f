import { expect, test } from 'vitest';

import { nameOf } from '../up/source.js';
import { parseRef } from './register-repository.js';

test('a ref is a branch, a tag, or a commit by its look', () => {
  expect(parseRef('main')).toEqual({ kind: 'branch', name: 'main' });
  expect(parseRef('refs/heads/main')).toEqual({ kind: 'branch', name: 'main' });
  expect(parseRef('tags/v1')).toEqual({ kind: 'tag', name: 'v1' });
  expect(parseRef('semver:>=1.2 <2')).toEqual({ kind: 'semver', name: '>=1.2 <2' });
  expect(parseRef('a'.repeat(40))).toEqual({ kind: 'commit', name: 'a'.repeat(40) });
});

test('a repository is named by the end of its address', () => {
  expect(nameOf('https://github.com/example/fleet.git')).toBe('fleet');
  expect(nameOf('git@example.com:team/Config.git/')).toBe('Config');
});
