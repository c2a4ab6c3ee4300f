import type { ApplicationSpec, ConfigurationDocument } from '@syncline/events';
import { lineageOf, RenderError } from '@syncline/render';
import { describe, expect, it } from 'vitest';

import { compareLineage } from './lineages.js';

const spec = (more: Partial<ApplicationSpec> = {}): ApplicationSpec => ({
  project: 'default',
  name: 'checkout',
  labels: {},
  source: { repository: 'fleet', path: 'checkout' },
  renderer: 'plain',
  namespace: 'checkout',
  placement: { clusters: { matchLabels: {} }, overrides: [] },
  sync: { mode: 'automatic', prune: { enabled: true, budget: { maxObjects: 10, maxPercent: 50 } } },
  health: { timeoutSeconds: 300 },
  ...more,
});

/** A tree that counts what is asked of it. */
const treeOf = (oids: Readonly<Record<string, string>>) => {
  const opened: string[] = [];
  return {
    opened,
    oid: (path: string) => Promise.resolve(oids[path]),
    list: (path: string) => {
      opened.push(path);
      return Promise.resolve([]);
    },
    read: (path: string) => Promise.reject(new Error(`${path} is not here`)),
  };
};

const recorded = (
  lineage: { path: string; oid: string }[],
): ConfigurationDocument['applications'][number] => ({
  spec: spec(),
  file: 'apps/checkout.yaml',
  line: 1,
  affected: true,
  lineage,
});

describe('an application', () => {
  it('is not affected where each recorded path has its object id, and nothing is opened to know it', async () => {
    const tree = treeOf({ checkout: 'a1', base: 'b1' });
    const before = recorded([
      { path: 'checkout', oid: 'a1' },
      { path: 'base', oid: 'b1' },
    ]);
    const compared = await compareLineage(tree, spec(), before, lineageOf);
    expect(compared).toEqual({ affected: false, lineage: before.lineage });
    expect(tree.opened).toEqual([]);
  });

  it('is affected where one path changed, or was not there before', async () => {
    const before = recorded([{ path: 'checkout', oid: 'a1' }]);
    expect((await compareLineage(treeOf({ checkout: 'a2' }), spec(), before, lineageOf)).affected).toBe(true);
    expect((await compareLineage(treeOf({}), spec(), before, lineageOf)).affected).toBe(true);
    expect((await compareLineage(treeOf({ checkout: 'a1' }), spec(), undefined, lineageOf)).affected).toBe(
      true,
    );
  });

  it('stays unaffected while a path that it names is absent', async () => {
    const before = recorded([{ path: 'checkout', oid: '' }]);
    expect((await compareLineage(treeOf({}), spec(), before, lineageOf)).affected).toBe(false);
  });

  it('is affected where it is read from elsewhere now', async () => {
    const before = recorded([{ path: 'checkout', oid: 'a1' }]);
    const moved = spec({ source: { repository: 'fleet', path: 'shop' } });
    expect(
      (await compareLineage(treeOf({ checkout: 'a1', shop: 's1' }), moved, before, lineageOf)).affected,
    ).toBe(true);
  });

  it('is made from the whole repository where nobody can follow what it names', async () => {
    const find = () => Promise.reject(new RenderError('time-limit', 'takes longer than 20 s to be read'));
    const compared = await compareLineage(treeOf({ '': 'r1', checkout: 'a1' }), spec(), undefined, find);
    expect(compared).toEqual({ affected: true, lineage: [{ path: '', oid: 'r1' }] });
    const stopped = () => Promise.reject(new RenderError('aborted', 'rendering was stopped'));
    await expect(compareLineage(treeOf({}), spec(), undefined, stopped)).rejects.toThrow('stopped');
  });
});
