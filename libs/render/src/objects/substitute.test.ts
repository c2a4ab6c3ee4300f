import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { isRenderError } from '../render-error.js';
import type { PlacedObject } from './rendering.js';
import { substituteObjects } from './substitute.js';

const substituted = (data: unknown, values: Record<string, string>): unknown => {
  const object = { kind: 'ConfigMap', metadata: { name: 'a' }, data } as PlacedObject['object'];
  return substituteObjects([{ object }], values)[0]?.object.data;
};

describe('substitution', () => {
  test.each([
    ['${A}', 'x'],
    ['pre-${A}${A}-post', 'pre-xx-post'],
    ['$${A}', '${A}'],
    ['$$${A}', '$${A}'],
    ['${B}', '${B}'],
    ['$${B}', '$${B}'],
    ['$A', '$A'],
    ['${A', '${A'],
    ['${ A }', '${ A }'],
    ['${A:-default}', '${A:-default}'],
    ['${toString}', '${toString}'],
  ])('makes of %s %s', (text, expected) => {
    expect(substituted(text, { A: 'x' })).toBe(expected);
  });

  test('reaches keys and values at any depth, and leaves numbers and booleans alone', () => {
    expect(substituted({ '${A}': [{ k: '${A}', n: 1, t: true, z: null }] }, { A: 'x' })).toEqual({
      x: [{ k: 'x', n: 1, t: true, z: null }],
    });
  });

  test('makes text, never a number', () => {
    expect(substituted('${A}', { A: '3' })).toBe('3');
  });

  test('does not look again at what it put in', () => {
    expect(substituted('${A}', { A: '${B}', B: 'y' })).toBe('${B}');
  });

  test('puts in what it is given, whatever a replacement pattern would make of it', () => {
    expect(substituted('${A}', { A: "$& $1 $' $$" })).toBe("$& $1 $' $$");
  });

  test('that makes two keys one is refused with the object', () => {
    expect(() => substituted({ '${A}': 1, x: 2 }, { A: 'x' })).toThrow('ConfigMap a has two keys');
    try {
      substituted({ '${A}': 1, x: 2 }, { A: 'x' });
    } catch (error) {
      expect(isRenderError(error, 'substitution-conflict')).toBe(true);
    }
  });

  test('changes nothing where nothing declared is named', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('${NAME}'));
        expect(substituted(value, { NAME: 'x' })).toEqual(value);
      }),
    );
  });

  test('undoes escaping: text is read back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('${A}', 'b', ' ', '{', '}', '${B}')), (parts) => {
        const text = parts.join('');
        expect(
          substituted(
            text.replaceAll('${A}', () => '$${A}'),
            { A: 'x' },
          ),
        ).toBe(text);
      }),
    );
  });
});
