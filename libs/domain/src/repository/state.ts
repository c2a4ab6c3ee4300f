import type { FetchFailure, HostKey, RepositoryEvent } from '@syncline/events';

/** The data of one of the repository's events. */
export type RepositoryData<Type extends RepositoryEvent['type']> = Extract<
  RepositoryEvent,
  { type: Type }
>['data'];

/** A revision that was seen, as far as recognising a revert to it needs it. */
export type SeenRevision = { readonly revision: string; readonly tree: string };

/** How the current outage has gone: since when, and which classes have been said. */
export type Outage = { readonly since: string; readonly said: readonly FetchFailure[] };

/**
 * A repository that may be read. `seen` holds the latest revisions, newest last; `base` is the revision on which the
 * next pack may build, absent after the registration changed what is read.
 */
export type RepositoryState =
  | { readonly status: 'unregistered' }
  | {
      readonly status: 'registered';
      readonly registration: RepositoryData<'RepositoryRegistered'>;
      readonly seen: readonly SeenRevision[];
      readonly base?: string;
      /** The submodules' commits that came along with the base. */
      readonly carried?: readonly string[];
      readonly outage?: Outage;
      /** The revision at which the ref stands, and that is never planned. */
      readonly refused?: string;
    };

/** A repository that is registered. */
export type Registered = Extract<RepositoryState, { status: 'registered' }>;

/** What a poll found at the tracked ref. `previous` is the revision that it was compared with. */
export type Detected = Omit<RepositoryData<'RevisionDetected'>, 'repository' | 'ref' | 'reverts'> & {
  /** Commits that the messages of the new commits say they revert. */
  readonly saidReverts: readonly string[];
};

/** A revision that the repository's policy refuses. `previous` is the revision that it was compared with. */
export type Refused = Omit<RepositoryData<'RevisionRefused'>, 'repository' | 'ref' | 'since'> & {
  readonly previous?: string;
};

export type RepositoryCommand =
  | {
      /** Without a credential, a known one stays as long as the repository is on the same server. */
      readonly type: 'register';
      readonly data: RepositoryData<'RepositoryRegistered'>;
      /** Without signers, known ones stay, unless unsigned revisions are allowed from now on. */
      readonly allowsUnsigned?: boolean;
    }
  | {
      /** Somebody believes that these are the keys of the repository's SSH host. */
      readonly type: 'trust';
      readonly hostKeys: readonly HostKey[];
    }
  | {
      /** A poll found a commit, whose pack is stored. `at` is RFC 3339. */
      readonly type: 'detect';
      readonly detected: Detected;
      readonly at: string;
    }
  | {
      /** A poll found a commit that is not signed as it has to be. */
      readonly type: 'refuse';
      readonly refused: Refused;
      readonly at: string;
    }
  | {
      /** A poll found the ref where it was. */
      readonly type: 'reach';
      readonly at: string;
    }
  | {
      readonly type: 'fail';
      readonly class: FetchFailure;
      readonly reason: string;
      readonly at: string;
    };

/** The server of an address: `https://host`, and `ssh://host` for `user@host:path` too. */
export const serverOf = (url: string): string => {
  const scpHost = /^(?:[^@/:]+@)?([^@/:[\]]+|\[[^\]]+\]):(?!\/\/)/.exec(url)?.[1];
  if (scpHost !== undefined) return `ssh://${scpHost}`;
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
};

/** The revision at which the tracked ref stood last. */
export const lastRevision = (state: Registered): string | undefined => state.seen.at(-1)?.revision;
