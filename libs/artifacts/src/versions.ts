import semver from 'semver';

/** A version as tags of registries write it, where `+` is not allowed (Helm and others put `_`). */
const versionOf = (tag: string): semver.SemVer | null => semver.parse(tag.replace('_', '+'), { loose: true });

/**
 * The highest version in a range (node-semver's syntax, which Helm's is close to); pre-releases only where the range names one.
 * Undefined where none is in it.
 */
export const pickVersion = (range: string, versions: Iterable<string>): string | undefined => {
  let best: { readonly written: string; readonly version: semver.SemVer } | undefined;
  for (const written of versions) {
    const version = versionOf(written);
    if (version === null || !semver.satisfies(version, range, { loose: true })) continue;
    if (best === undefined || semver.compareBuild(version, best.version, true) > 0)
      best = { written, version };
  }
  return best?.written;
};

/** Whether a text is a range of versions; otherwise it can only name one tag. */
export const isRange = (text: string): boolean => semver.validRange(text, { loose: true }) !== null;
