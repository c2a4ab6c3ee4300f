import type { TrackedRef } from '@syncline/events';

import { GitError } from '../git-error.js';
import type { Mirror } from '../mirror/mirror.js';
import { git } from '../process/run-git.js';
import { CommandRefs } from './command-refs.js';
import { fetchInto, type FetchRun } from './fetch-into.js';
import { fetchPartially } from './fetch-partial.js';
import { IsomorphicRefs } from './isomorphic-refs.js';
import { noTagInRange } from './classify.js';
import type { ConcreteRef, FetchOptions, Head, RefFinder, Remote, RemoteOptions } from './remote.js';
import { nameOfRemote, parseRemoteUrl, type RemoteAddress } from './remote-url.js';
import { highestTag, newestTag } from './version-tags.js';

/**
 * A remote behind its address: refs are listed by isomorphic-git over HTTP and by the git command over SSH and in folders; git alone
 * fetches. Throws {@link GitError} `url-refused` where the address is not one that is read.
 */
export const openRemote = (options: RemoteOptions): Remote => {
  const address = parseRemoteUrl(options.url);
  const isHttp = address.transport === 'https' || address.transport === 'http';
  const finder: RefFinder = isHttp
    ? new IsomorphicRefs(address.url, options)
    : new CommandRefs(address, options);
  return new FetchingRemote(address, options, finder);
};

class FetchingRemote implements Remote {
  constructor(
    private readonly address: RemoteAddress,
    private readonly options: RemoteOptions,
    private readonly finder: RefFinder,
  ) {}

  async locate({ kind, name }: TrackedRef, signal?: AbortSignal): Promise<Head> {
    if (kind !== 'semver') {
      const ref = { kind, name };
      return { oid: await this.finder.findHead(ref, signal), ref };
    }
    const tags = await this.finder.listTags(signal);
    const found = highestTag(tags, name);
    if (!found) throw noTagInRange(name, newestTag(tags)?.tag, nameOfRemote(this.address.url));
    return { oid: found.oid, ref: { kind: 'tag', name: found.tag } };
  }

  async fetch(
    ref: ConcreteRef,
    mirror: Mirror,
    { history = false, include = [], signal }: FetchOptions = {},
  ): Promise<string> {
    const shallow = !history && (await isFresh(mirror));
    const run: FetchRun = {
      address: this.address,
      options: this.options,
      ref,
      mirror,
      shallow,
      isPartial: false,
      ...(signal && { signal }),
    };
    const bring = (one: FetchRun): Promise<string> =>
      include.length > 0 ? fetchPartially(one, include) : fetchInto(one);
    try {
      return await bring(run);
    } catch (error) {
      if (!shallow || !isShallowRefused(error)) throw error;
      return bring({ ...run, shallow: false });
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
