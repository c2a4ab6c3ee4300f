import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { dataText } from './formats.js';
import { printable } from './printable.js';

describe('text from elsewhere', () => {
  test.each([
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u001b]0;owned\u0007', '\\u001b]0;owned\\u0007'],
    ['\u009b31m', '\\u009b31m'],
    ['over\rwritten', 'over\\u000dwritten'],
    ['abc\u202efed', 'abc\\u202efed'],
    ['größe\t1\n日本 🚀 é', 'größe\t1\n日本 🚀 é'],
  ])('is written so that a terminal only shows it: %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('means the same to programs, and is no command for a terminal that shows what is for them', () => {
    const unit = fc.constantFrom(
      'a',
      '"',
      '\\',
      '\n',
      '\u0000',
      '\u001b',
      '\u007f',
      '\u009b',
      '\u202e',
      ' ',
      ':',
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const json = dataText({ text }, 'json');
        expect(JSON.parse(json)).toEqual({ text });
        expect(json).not.toMatch(/[^\P{C}\n]/u);
        // eslint-disable-next-line no-control-regex
        expect(dataText({ text }, 'yaml')).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      }),
    );
  });
});
