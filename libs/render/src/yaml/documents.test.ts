import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { RenderError } from '../render-error.js';
import { readDocuments } from './documents.js';

const valueOf = (text: string): unknown => readDocuments('a.yaml', text)[0]?.value;
const refusal = (text: string): RenderError => {
  try {
    readDocuments('a.yaml', text);
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
  throw new Error('the text was accepted');
};

describe('YAML as kubectl reads it', () => {
  test.each([
    ['yes', true],
    ['off', false],
    ['y', true],
    ['0644', 420],
    ['0o17', 15],
    ['08', 8],
    ['0x1F', 31],
    ['0b11', 3],
    ['-0b11', -3],
    ['1_000', 1000],
    ['1e3', 1000],
    ['+1', 1],
    ['-0', 0],
    ['.5', 0.5],
    ['~', null],
    ['2020-01-01', '2020-01-01'],
    ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00Z'],
    ['12:30:45', '12:30:45'],
    ['1.2.3', '1.2.3'],
    ['100m', '100m'],
    ['-', null],
    ['1e400', '1e400'],
    ['"yes"', 'yes'],
    ['!!str 0644', '0644'],
  ])('reads %s as %o', (source, value) => {
    expect(valueOf(source === '-' ? 'a:\n' : `a: ${source}\n`)).toEqual({ a: value });
  });

  test('makes text of keys that are none', () => {
    expect(valueOf('yes: 1\n8080: 2\n')).toEqual({ true: 1, '8080': 2 });
  });

  test('reads JSON, with any JSON text read back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), (value) => {
        const text = JSON.stringify(
          { value },
          (_, item: unknown) => (typeof item === 'number' ? 7 : item),
          1,
        );
        fc.pre(!text.includes('__proto__'));
        expect(valueOf(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('reads several documents, empty ones among them, and knows the line of each', () => {
    const documents = readDocuments('a.yaml', '# c\n---\na: 1\n---\n---\n# d\nb:\n- c: 2\n- d: 3\n');
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, null, { b: [{ c: 2 }, { d: 3 }] }]);
    expect(documents[0]?.lineOf([])).toBe(3);
    expect(documents[2]?.lineOf(['b', 1, 'd'])).toBe(9);
    expect(documents[2]?.lineOf(['b', 1, 'absent'])).toBe(9);
    expect(documents[2]?.lineOf(['absent'])).toBe(7);
  });

  test('merges, and unfolds aliases into copies', () => {
    const value = valueOf('u: &u {a: 1}\nv: {<<: *u, b: 2}\nw: *u\n') as Record<string, unknown>;
    expect(value).toEqual({ u: { a: 1 }, v: { a: 1, b: 2 }, w: { a: 1 } });
    expect(value.w).not.toBe(value.u);
  });
});

describe('hostile YAML', () => {
  const bomb = `a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n${Array.from(
    { length: 9 },
    (_, n) => `a${n + 1}: &a${n + 1} [${Array.from({ length: 10 }, () => `*a${n}`).join(',')}]`,
  ).join('\n')}\n`;

  test.each([
    ['a duplicate key', 'a: 1\nb:\n  c: 1\n  c: 2\n', 'yaml-invalid', 4],
    ['a syntax error', 'a: 1\nb: c: d\n', 'yaml-invalid', 2],
    ['an alias bomb', bomb, 'yaml-limit', undefined],
    ['more aliases than anyone needs', `a: &a 1\nb: [${'*a,'.repeat(600)}]\n`, 'yaml-limit', 2],
    ['a cycle', 'a: &a\n  b: *a\n', 'yaml-limit', undefined],
    ['deep nesting', '['.repeat(200) + ']'.repeat(200), 'yaml-limit', 1],
    [
      'a merge storm',
      `a: &a {${Array.from({ length: 300 }, (_, n) => `k${n}: 1`).join(',')}}\n${Array.from({ length: 60 }, (_, n) => `b${n}: {<<: *a}`).join('\n')}\n`,
      'yaml-limit',
      undefined,
    ],
    ['a tag that JSON has no word for', 'a: 1\nb: !!set {x}\n', 'yaml-invalid', 2],
    ['a tag of another program', 'a: !Ref x\n', 'yaml-invalid', 1],
    ['bytes', 'a: !!binary aGk=\n', 'yaml-invalid', 1],
    ['infinity', 'a: 1\nb: .inf\n', 'yaml-invalid', 2],
    ['a number that would be rounded', 'a: 1\nb: [1, 9007199254740993]\n', 'yaml-invalid', 2],
    ['a key that reaches for prototypes', 'a: {b: 1,\n__proto__: {x: 1}}\n', 'yaml-invalid', 2],
    ['half a surrogate pair', 'a: "\\ud800"\n', 'yaml-invalid', 1],
    ['a null byte', 'a: \u0000\n', 'yaml-invalid', 1],
    ['an unknown alias', 'a: *nobody\n', 'yaml-invalid', 1],
    ['an alias of another document', 'a: &a 1\n---\nb: *a\n', 'yaml-invalid', 3],
    ['a byte order mark that is no first character', 'a: 1\n---\n\ufeffb: 1\n', 'yaml-invalid', 3],
    ['too many documents', '---\na: 1\n'.repeat(5001), 'yaml-limit', 10_001],
  ] as const)('is refused: %s', (_, text, code, line) => {
    const error = refusal(text);
    expect(error.code).toBe(code);
    expect(error.file).toBe('a.yaml');
    if (line !== undefined) expect(error.line).toBe(line);
  });

  test('is never quoted in the refusal', () => {
    expect(refusal('password: "hunter2\n').message).not.toContain('hunter2');
  });

  test('either reads or is refused with a file and a line, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('ab:-[]{}&*!|>\'"#%\n \t,?@0')), maxLength: 60 }),
        (text) => {
          try {
            readDocuments('a.yaml', text);
          } catch (error) {
            expect(error).toBeInstanceOf(RenderError);
            expect((error as RenderError).line).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
