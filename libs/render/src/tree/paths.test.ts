import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { nearest } from '../suggestion.js';
import { isWithin, resolvePath } from './paths.js';

describe('a path of a repository', () => {
  test.each([
    ['a/b', '../c', 'a/c'],
    ['a', '.', 'a'],
    ['', './/x/', 'x'],
    ['a/b', '../..', ''],
    ['a', '../../b', undefined],
    ['', '/etc/passwd', undefined],
    ['', 'a\\b', undefined],
    ['', 'a\u0000b', undefined],
    ['', '.GIT/config', undefined],
  ])('from "%s", "%s" is %o', (folder, path, resolved) => {
    expect(resolvePath(folder, path)).toBe(resolved);
  });

  test('never leads out, however it climbs', () => {
    const step = fc.constantFrom('..', '.', 'a', 'b', '', '...');
    fc.assert(
      fc.property(fc.array(step), fc.array(step), (folder, path) => {
        const root = resolvePath('', folder.join('/'));
        const resolved = root === undefined ? undefined : resolvePath(root, path.join('/'));
        if (resolved === undefined) return;
        expect(resolved.split('/')).not.toContain('..');
        expect(resolvePath('', resolved)).toBe(resolved);
      }),
    );
  });

  test('lies within a folder only by whole names', () => {
    expect(isWithin('a', 'a/b')).toBe(true);
    expect(isWithin('a', 'ab')).toBe(false);
    expect(isWithin('', 'x')).toBe(true);
  });
});

describe('a suggestion', () => {
  test.each([
    ['bse', ['base', 'overlays'], 'base'],
    ['auto', ['automatic', 'approval', 'observe'], 'automatic'],
    ['colour', ['source', 'project'], undefined],
    ['PATH', ['path'], 'path'],
    ['x', [], undefined],
  ])('for "%s" among %o is %o', (name, candidates, expected) => {
    expect(nearest(name, candidates)).toBe(expected);
  });
});
