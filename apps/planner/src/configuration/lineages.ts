import type { ApplicationSpec, ConfigurationDocument } from '@syncline/events';
import { lineageOf, type TreeReader } from '@syncline/render';

type Entries = ConfigurationDocument['applications'][number]['lineage'];
type Tree = Pick<TreeReader, 'oid' | 'list' | 'read'>;

/** Where an application's manifests come from, and whether that is another than before. */
export type ComparedLineage = { readonly affected: boolean; readonly lineage: Entries };

const isAsRecorded = async (tree: Tree, recorded: Entries): Promise<boolean> => {
  for (const { path, oid } of recorded) if (((await tree.oid(path)) ?? '') !== oid) return false;
  return true;
};

const isSameSource = (a: ApplicationSpec, b: ApplicationSpec): boolean =>
  a.source.path === b.source.path && a.renderer === b.renderer;

/**
 * Compares what an application reads with what it read at the last accepted revision. The recorded paths decide by themselves
 * which other paths are read, so where each has the object id that it had, nothing has to be opened to know it.
 */
export const compareLineage = async (
  tree: Tree,
  spec: ApplicationSpec,
  before: ConfigurationDocument['applications'][number] | undefined,
): Promise<ComparedLineage> => {
  const comparable = before && before.lineage.length > 0 && isSameSource(before.spec, spec);
  if (comparable && (await isAsRecorded(tree, before.lineage))) {
    return { affected: false, lineage: before.lineage };
  }
  const { entries } = await lineageOf(tree, { path: spec.source.path, renderer: spec.renderer });
  const lineage = entries.map(({ path, oid }) => ({ path, oid }));
  return { affected: JSON.stringify(lineage) !== JSON.stringify(before?.lineage), lineage };
};
