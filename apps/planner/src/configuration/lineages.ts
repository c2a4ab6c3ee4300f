import type { ApplicationSpec, ConfigurationDocument } from '@syncline/events';
import { canonicalJson } from '@syncline/kernel';
import { isRenderError, type LineageEntry, type LineageSource, type TreeReader } from '@syncline/render';

type Entries = ConfigurationDocument['applications'][number]['lineage'];

/** Finds the paths that manifests are made from. */
export type FindLineage = (
  tree: TreeReader,
  source: LineageSource,
) => Promise<{ readonly entries: readonly LineageEntry[] }>;

/** Where an application's manifests come from, and whether that is another than before. */
export type ComparedLineage = { readonly affected: boolean; readonly lineage: Entries };

const isAsRecorded = async (tree: TreeReader, recorded: Entries): Promise<boolean> => {
  for (const { path, oid } of recorded) if (((await tree.oid(path)) ?? '') !== oid) return false;
  return true;
};

/** Everything that the manifests of any of its targets are made from. */
const sourceOf = ({ source, renderer, helm, placement }: ApplicationSpec): LineageSource => {
  const values = placement.overrides.flatMap((override) => override.values ?? []);
  return {
    path: source.path,
    ...(source.from && { from: source.from }),
    renderer,
    ...(helm && { helm: { ...helm, values: [...helm.values, ...values] } }),
  };
};

const isSameSource = (a: ApplicationSpec, b: ApplicationSpec): boolean =>
  canonicalJson(sourceOf(a)) === canonicalJson(sourceOf(b));

/**
 * What cannot be followed is told when it is rendered. What of the repository it is made from is not known then: any change of it
 * could mend it.
 */
const entriesOf = async (
  tree: TreeReader,
  source: LineageSource,
  find: FindLineage,
): Promise<readonly LineageEntry[]> => {
  try {
    return (await find(tree, source)).entries;
  } catch (error) {
    if (!isRenderError(error) || isRenderError(error, 'no-space', 'aborted')) throw error;
    return [{ path: '', oid: (await tree.oid('')) ?? '' }];
  }
};

/**
 * Compares what an application reads with what it read at the last accepted revision. The recorded paths decide by themselves
 * which other paths are read, so where each has the object id that it had, nothing has to be opened to know it.
 */
export const compareLineage = async (
  tree: TreeReader,
  spec: ApplicationSpec,
  before: ConfigurationDocument['applications'][number] | undefined,
  find: FindLineage,
): Promise<ComparedLineage> => {
  const comparable = before && before.lineage.length > 0 && isSameSource(before.spec, spec);
  if (comparable && (await isAsRecorded(tree, before.lineage))) {
    return { affected: false, lineage: before.lineage };
  }
  const entries = await entriesOf(tree, sourceOf(spec), find);
  const lineage = entries.map(({ path, oid }) => ({ path, oid }));
  return { affected: JSON.stringify(lineage) !== JSON.stringify(before?.lineage), lineage };
};
