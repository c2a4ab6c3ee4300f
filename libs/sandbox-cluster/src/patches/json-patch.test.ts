import { describe, expect, it } from 'vitest';

import { applyJsonPatch, PatchFailed } from './json-patch.js';

const target = { a: { b: [1, 2, 3] }, 'c/d': 'x', 'e~f': null };

describe('a JSON patch', () => {
  it.each([
    ['adds a member', { op: 'add', path: '/a/z', value: 1 }, { ...target, a: { b: [1, 2, 3], z: 1 } }],
    ['inserts an item', { op: 'add', path: '/a/b/1', value: 9 }, { ...target, a: { b: [1, 9, 2, 3] } }],
    ['appends an item', { op: 'add', path: '/a/b/-', value: 9 }, { ...target, a: { b: [1, 2, 3, 9] } }],
    ['replaces an item', { op: 'replace', path: '/a/b/0', value: 9 }, { ...target, a: { b: [9, 2, 3] } }],
    ['removes an item', { op: 'remove', path: '/a/b/0' }, { ...target, a: { b: [2, 3] } }],
    ['removes an escaped member', { op: 'remove', path: '/c~1d' }, { a: target.a, 'e~f': null }],
    ['copies', { op: 'copy', from: '/a/b/0', path: '/e~0f' }, { ...target, 'e~f': 1 }],
    ['moves', { op: 'move', from: '/c~1d', path: '/g' }, { a: target.a, 'e~f': null, g: 'x' }],
    ['replaces the whole', { op: 'add', path: '', value: 1 }, 1],
    ['tests', { op: 'test', path: '/a', value: { b: [1, 2, 3] } }, target],
  ])('%s', (_what, operation, result) => {
    expect(applyJsonPatch(target, [operation])).toEqual(result);
  });

  it.each([
    { op: 'test', path: '/a', value: 1 },
    { op: 'remove', path: '/absent' },
    { op: 'remove', path: '' },
    { op: 'add', path: '/a/b/9', value: 1 },
    { op: 'add', path: '/a/b/01', value: 1 },
    { op: 'add', path: '/c~1d/deeper', value: 1 },
    { op: 'replace', path: '/a/b/-', value: 1 },
    { op: 'add', path: 'no-pointer', value: 1 },
    { op: 'copy', path: '/z' },
    { op: 'remove', path: '/__proto__' },
    { op: 'frobnicate', path: '/a' },
  ])('refuses %j', (operation) => {
    expect(() => applyJsonPatch(target, [operation])).toThrow(PatchFailed);
  });
});
