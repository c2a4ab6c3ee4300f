import { describe, expect, test } from 'vitest';

import { lineageOf } from './lineage.js';
import { memoryTree, type MemoryFiles } from './tree/memory-tree.js';

const files: MemoryFiles = {
  'apps/web/base/kustomization.yaml': 'resources: [d.yaml]\n',
  'apps/web/base/d.yaml': 'kind: x\n',
  'apps/web/prod/kustomization.yaml': 'resources: [../base, ../../common, ../missing]\n',
  'apps/common/kustomization.yaml': 'components: [../lib]\n',
  'apps/lib/kustomization.yaml': 'kind: Component\n',
  'apps/other/a.yaml': 'kind: x\n',
  'README.md': 'x',
};
const lineage = (change: MemoryFiles = {}, path = 'apps/web/prod', renderer: 'detect' | 'plain' = 'detect') =>
  lineageOf(memoryTree({ ...files, ...change }), { path, renderer });

describe('the lineage of an application', () => {
  test('is its path and everything outside that its kustomization reaches', async () => {
    const { entries, materialise } = await lineage();
    expect(entries.map(({ path }) => path)).toEqual(
      ['apps/common', 'apps/lib', 'apps/web/base', 'apps/web/missing', 'apps/web/prod'], // prettier-ignore
    );
    expect(materialise).toEqual(['apps/common', 'apps/lib', 'apps/web/base', 'apps/web/prod']);
  });

  test.each([
    ['a file of a base', { 'apps/web/base/d.yaml': 'kind: y\n' }],
    ['a component of a base', { 'apps/lib/p.yaml': 'kind: y\n' }],
    ['a path that was missing', { 'apps/web/missing/kustomization.yaml': '' }],
    ['its own folder', { 'apps/web/prod/new.yaml': '' }],
  ])('changes with %s', async (_, change) => {
    expect((await lineage(change)).entries).not.toEqual((await lineage()).entries);
  });

  test('stays as it is whatever else changes', async () => {
    const change = { 'apps/other/a.yaml': 'kind: y\n', 'README.md': 'y', 'apps/web/staging/x.yaml': '' };
    expect((await lineage(change)).entries).toEqual((await lineage()).entries);
  });

  test('of plain YAML is its folder', async () => {
    expect((await lineage({}, 'apps/other')).entries.map(({ path }) => path)).toEqual(['apps/other']);
    expect((await lineage({}, 'apps/web/prod', 'plain')).entries.map(({ path }) => path)).toEqual([
      'apps/web/prod',
    ]);
  });

  test('of a path that does not exist waits for it to appear', async () => {
    expect(await lineage({}, 'apps/new')).toEqual({
      renderer: 'plain',
      entries: [{ path: 'apps/new', oid: '' }],
      materialise: [],
    });
    expect((await lineage({ 'apps/new/a.yaml': 'x' }, 'apps/new')).entries[0]?.oid).not.toBe('');
  });

  test('of the whole repository is its root', async () => {
    expect((await lineage({}, '.')).materialise).toEqual(['']);
  });

  test('is found in a broken kustomization as far as that can be read', async () => {
    const broken = { 'apps/web/prod/kustomization.yaml': 'resources: [../base\n' };
    expect((await lineage(broken)).materialise).toEqual(['apps/web/prod']);
  });
});
