import type { Detected } from '@syncline/domain';
import { GitError, openRemote, type Mirror, type PackPart, type Remote, type Submodule } from '@syncline/git';

import type { Look } from './find-revision.js';

/** The submodules of a revision: those whose objects are to be packed, and what is to be said of each. */
export type FollowedSubmodules = {
  readonly parts: readonly PackPart[];
  readonly submodules: NonNullable<Detected['submodules']>;
};

/** A revision in its mirror, and whether its pack builds on the last one. */
export type FetchedRevision = {
  readonly mirror: Mirror;
  readonly head: string;
  readonly hasBase: boolean;
};

/** A server that does not answer now may later: the whole look is repeated then. Anything else is said of the submodule. */
const mayPass = (error: GitError): boolean =>
  error.code === 'unreachable' || error.code === 'slow' || error.code === 'host-key';

/** Brings the commit that the revision records of one submodule into a mirror of its own. */
const fetchSubmodule = async (
  { state, mirrors, credential, signal }: Look,
  { path, oid }: Submodule,
  url: string,
): Promise<PackPart> => {
  const { repository, hostKeys } = state.registration;
  const remote: Remote = openRemote({
    url,
    ...(credential && { credential }),
    ...(hostKeys && { hostKeys }),
  });
  const mirror = await mirrors.openSubmodule(repository, url);
  if (!(await mirror.hasCommit(oid))) await remote.fetch({ kind: 'commit', name: oid }, mirror, { signal });
  return { dir: mirror.dir, oid, path };
};

/**
 * Follows the submodules of a revision at the commits that it records, where the repository's own credential reaches them.
 * What came along with the base is not fetched again.
 */
export const followSubmodules = async (
  look: Look,
  { mirror, head, hasBase }: FetchedRevision,
): Promise<FollowedSubmodules> => {
  const { registration, carried = [] } = look.state;
  const { url, include } = registration;
  const parts: PackPart[] = [];
  const submodules: FollowedSubmodules['submodules'] = [];
  for (const submodule of await mirror.submodules(head, { url, include })) {
    const { path, oid: revision } = submodule;
    const said = { path, revision };
    if ('problem' in submodule) submodules.push({ ...said, problem: submodule.problem });
    else if (hasBase && carried.includes(revision)) submodules.push(said);
    else {
      const part = await fetchSubmodule(look, submodule, submodule.url).catch((error: unknown) => {
        if (!(error instanceof GitError) || mayPass(error) || look.signal.aborted) throw error;
        return error;
      });
      if (part instanceof GitError) submodules.push({ ...said, problem: part.message });
      else {
        parts.push(part);
        submodules.push(said);
      }
    }
  }
  return { parts, submodules };
};
