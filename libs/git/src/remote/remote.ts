import type { HostKey, TrackedRef } from '@syncline/events';

import type { Mirror } from '../mirror/mirror.js';

/** What a remote asks of whoever reads it. A token alone is sent as the password of `x-access-token`. */
export type GitCredential = {
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  /** A deploy key for SSH, as ssh-keygen writes it, without a passphrase. */
  readonly privateKey?: string;
};

/** How long and how much a remote may take. */
export type RemoteLimits = {
  /** For listing a ref; 30 s by default. */
  readonly listMs?: number;
  /** For a whole fetch; 10 minutes by default. */
  readonly fetchMs?: number;
  /** What a fetch may bring, in bytes as they are packed; 2 GiB by default. */
  readonly fetchBytes?: number;
};

export type RemoteOptions = {
  /** HTTPS, SSH (`git@host:path` too), HTTP on loopback, or `file://`; without a credential in it. */
  readonly url: string;
  readonly credential?: GitCredential;
  /** The keys by which an SSH host is known; any other is refused. */
  readonly hostKeys?: readonly HostKey[];
  readonly limits?: RemoteLimits;
};

/** A ref that names one thing: a range of versions has led to a tag. */
export type ConcreteRef = { readonly kind: Exclude<TrackedRef['kind'], 'semver'>; readonly name: string };

/** Where a tracked ref stands, and the ref by which that is fetched. */
export type Head = { readonly oid: string; readonly ref: ConcreteRef };

/**
 * Finding where a ref of a remote stands. Failures are {@link GitError} of a class of FetchFailed. Two adapters stand
 * behind it and pass one contract suite: isomorphic-git, narrowed to the ref on the wire, and the git command.
 */
export interface RefFinder {
  /** The commit at which the ref stands, tags peeled. A tracked commit stands where it is, as long as the remote answers. */
  findHead(ref: ConcreteRef, signal?: AbortSignal): Promise<string>;
  /** Every tag and the commit behind it. */
  listTags(signal?: AbortSignal): Promise<ReadonlyMap<string, string>>;
}

/** What a fetch is to bring. */
export type FetchOptions = {
  /** Not the commit alone on a first fetch, but what led to it. */
  readonly history?: boolean;
  /** Of the files only those that these patterns name, where the server can leave out the others; all where there is none. */
  readonly include?: readonly string[];
  readonly signal?: AbortSignal;
};

/** A Git remote. */
export interface Remote {
  /** Where the tracked ref stands; of a range of versions, where the highest tag in it does. */
  locate(ref: TrackedRef, signal?: AbortSignal): Promise<Head>;
  /**
   * Brings what the mirror lacks of the ref, and gives the commit at which the ref stood then. Without `history` a first
   * fetch brings that commit alone.
   */
  fetch(ref: ConcreteRef, mirror: Mirror, options?: FetchOptions): Promise<string>;
}
