import { compareBuild, parse, satisfies, validRange, type SemVer } from 'semver';

/** A tag that names a version, and the commit behind it. */
export type VersionTag = { readonly tag: string; readonly oid: string };

type Versioned = VersionTag & { readonly version: SemVer };

/** Whether a text is a range of versions (npm's grammar of them: `>=1.2 <2`, `^1.4`, `1.x || 3.1.0`). */
export const isVersionRange = (range: string): boolean =>
  range.trim() !== '' && range.length <= 200 && validRange(range) !== null;

const versioned = (tags: ReadonlyMap<string, string>): readonly Versioned[] =>
  [...tags].flatMap(([tag, oid]) => {
    const version = tag.length <= 200 ? parse(tag) : null;
    return version ? [{ tag, oid, version }] : [];
  });

/** Of two equal versions, as `v1.2.0` and `1.2.0`, the one without a letter before it. */
const byVersion = (a: Versioned, b: Versioned): number =>
  compareBuild(a.version, b.version) || (a.tag < b.tag ? 1 : -1);

const highest = (tags: readonly Versioned[]): VersionTag | undefined => {
  const found = tags.toSorted(byVersion).at(-1);
  return found && { tag: found.tag, oid: found.oid };
};

/**
 * The tag of the highest version in a range; undefined where there is none. `v1.2.3` and `1.2.3` name versions (Semantic
 * Versioning 2.0.0), whatever else a repository tags is passed over; a prerelease counts only where the range names one of
 * the same version.
 */
export const highestTag = (tags: ReadonlyMap<string, string>, range: string): VersionTag | undefined =>
  highest(versioned(tags).filter(({ version }) => satisfies(version, range)));

/** The highest version that a repository tags at all; for sentences. */
export const newestTag = (tags: ReadonlyMap<string, string>): VersionTag | undefined =>
  highest(versioned(tags));
