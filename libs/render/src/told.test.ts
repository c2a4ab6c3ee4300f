import { describe, expect, test } from 'vitest';

import { readConfiguration } from './configuration/read-configuration.js';
import { RenderError } from './render-error.js';
import { told } from './told.js';

const hostile = 'a\n\u001b]0;owned\u0007\u009b31m\u202e\u2028b';
const shown = 'a\\u000a\\u001b]0;owned\\u0007\\u009b31m\\u202e\\u2028b';

describe('what quotes a repository', () => {
  test('is one line that a terminal only shows', () => {
    expect(told(hostile)).toBe(shown);
    expect(told('größe 日本 🚀')).toBe('größe 日本 🚀');
    expect(told('x'.repeat(100_000))).toHaveLength(1_001);
  });

  test('is told so in a refusal, its file included', () => {
    const { message, file } = new RenderError('yaml-invalid', hostile, { file: `${hostile}.yaml`, line: 1 });
    expect({ message, file }).toEqual({ message: shown, file: `${shown}.yaml` });
  });

  test('is told so in the errors of a configuration, and not without end', () => {
    const fields = Array.from({ length: 2_000 }, (_, at) => `  f${at}: 1\n`).join('');
    const kinds = `kind: "${'\\e[31m'.repeat(1_000)}"\n`;
    const text = `apiVersion: syncline.dev/v1\nkind: Application\nmetadata: { name: a }\nspec:\n${fields}---\napiVersion: syncline.dev/v1\n${kinds}`;
    const { errors } = readConfiguration([{ path: `${hostile}.yaml`, text }], { name: 'fleet' });
    expect(errors.length).toBeLessThan(60);
    for (const { file, reason } of errors) {
      expect(file).toBe(`${shown}.yaml`);
      expect(reason).toMatch(/^\P{C}{1,1001}$/u);
    }
  });
});
