import { describe, expect, test } from 'vitest';

import { RenderError } from '../render-error.js';
import { memoryTree, type MemoryFiles } from '../tree/memory-tree.js';
import { readPlain } from './read-plain.js';

const config = (name: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name} }\n`;
const read = async (files: MemoryFiles) =>
  (await readPlain(memoryTree(files), 'app')).map(({ object, findPlace }) => [
    (object.metadata as { name: string }).name,
    findPlace?.().file,
  ]);
const refusal = async (files: MemoryFiles): Promise<string> => {
  try {
    await read(files);
  } catch (error) {
    if (error instanceof RenderError) return `${error.code} ${error.file}:${error.line} ${error.message}`;
    throw error;
  }
  return 'accepted';
};

describe('a folder of plain YAML', () => {
  test('is read whole and in the order of its paths, however the tree lists it', async () => {
    const files = {
      'app/z.json': JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'z' } }),
      'app/b/deep/c.yml': config('c'),
      'app/a.yaml': `${config('a1')}---\n${config('a2')}`,
      'app/README.md': '# x',
      'app/.github/workflow.yaml': 'on: push',
      'other/x.yaml': config('x'),
    };
    const expected = [['a1', 'app/a.yaml'], ['a2', 'app/a.yaml'], ['c', 'app/b/deep/c.yml'], ['z', 'app/z.json']]; // prettier-ignore
    expect(await read(files)).toEqual(expected);
    expect(await read(Object.fromEntries(Object.entries(files).reverse()))).toEqual(expected);
  });

  test.each<[string, MemoryFiles, string]>([
    [
      'a link',
      { 'app/l.yaml': { kind: 'link' } },
      'link-refused app/l.yaml:1 is a symbolic link, which is not followed',
    ],
    [
      'a submodule',
      { 'app/sub': { kind: 'submodule' } },
      'link-refused app/sub:1 is a submodule, which is not followed',
    ],
    [
      'a kustomization below',
      { 'app/x/kustomization.yaml': 'resources: []' },
      'kustomization-nested app/x/kustomization.yaml:1 a kustomization stands below a folder of plain YAML; give "app/x" as path, or move it',
    ],
    [
      'a broken file',
      { 'app/a.yaml': 'a: 1\nb: c: d\n' },
      'yaml-invalid app/a.yaml:2 bad indentation of a mapping entry',
    ],
  ])('is refused with %s', async (_, files, expected) => {
    expect(await refusal(files)).toBe(expected);
  });

  test('may hold links to what is no manifest', async () => {
    expect(await read({ 'app/a.yaml': config('a'), 'app/README.md': { kind: 'link' } })).toHaveLength(1);
  });
});
