import type { TrackedRef } from '@syncline/events';

import { GitError } from '../git-error.js';
import type { Mirror } from '../mirror/mirror.js';
import { git } from '../process/run-git.js';
import { CommandRefs } from './command-refs.js';
import { fetchInto, type FetchRun } from './fetch-into.js';
import { IsomorphicRefs } from './isomorphic-refs.js';
import type { RefFinder, Remote, RemoteOptions } from './remote.js';
import { parseRemoteUrl } from './remote-url.js';

/**
 * A remote behind its address: refs are listed by isomorphic-git over HTTP and by the git command in folders; git alone
 * fetches. Throws {@link GitError} `url-refused` where the address is not one that is read.
 */
export const openRemote = (options: RemoteOptions): Remote => {
  const { url, transport } = parseRemoteUrl(options.url);
  const finder: RefFinder =
    transport === 'file' ? new CommandRefs(url, options) : new IsomorphicRefs(url, options);
  return new FetchingRemote(url, options, finder);
};

class FetchingRemote implements Remote {
  constructor(
    private readonly url: URL,
    private readonly options: RemoteOptions,
    private readonly finder: RefFinder,
  ) {}

  findHead(ref: TrackedRef, signal?: AbortSignal): Promise<string> {
    return this.finder.findHead(ref, signal);
  }

  async fetch(
    ref: TrackedRef,
    mirror: Mirror,
    { history = false, signal }: { readonly history?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<string> {
    const shallow = !history && (await isFresh(mirror));
    const run: FetchRun = {
      url: this.url,
      options: this.options,
      ref,
      mirror,
      shallow,
      ...(signal && { signal }),
    };
    try {
      return await fetchInto(run);
    } catch (error) {
      if (!shallow || !isShallowRefused(error)) throw error;
      return fetchInto({ ...run, shallow: false });
    }
  }
}

/** Some servers have nothing but whole histories. */
const isShallowRefused = (error: unknown): boolean =>
  error instanceof GitError && /shallow|depth/i.test(error.message);

const isFresh = async (mirror: Mirror): Promise<boolean> => {
  const refs = await git({ dir: mirror.dir, args: ['for-each-ref', '--count=1'] });
  return refs.length === 0;
};
