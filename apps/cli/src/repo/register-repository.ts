import type { ApiClient } from '../client/api-client.js';
import { written } from '../client/contract.js';
import { sealForGitWatcher, type GitCredential } from './credential.js';

/** A repository to be registered. */
export type RepositoryRegistration = {
  readonly repository: string;
  readonly url: string;
  readonly ref: { readonly kind: 'branch' | 'tag' | 'commit' | 'semver'; readonly name: string };
  readonly paths: readonly string[];
  readonly include: readonly string[];
  readonly pollSeconds: number;
  readonly credential?: GitCredential;
  /** The text of a known_hosts file. */
  readonly knownHosts?: string;
  /** Whose signature a revision must bear to be planned; null allows unsigned ones again. */
  readonly signatures?: { readonly keyring?: string; readonly allowedSigners?: string } | null;
};

/** Seals the credential to git-watcher, and registers the repository. Gives the position. */
export const registerRepository = async (
  api: ApiClient,
  registration: RepositoryRegistration,
): Promise<string> => {
  const { credential, ...body } = registration;
  const sealed = credential && { credential: await sealForGitWatcher(api, credential) };
  return (await api.post('/v1/repositories', { ...body, ...sealed }, written)).position;
};

/** What a ref's text means: `semver:RANGE` the highest tag in a range, `refs/tags/x` or `tags/x` a tag, 40 or 64 hex digits a commit, anything else a branch. */
export const parseRef = (text: string): RepositoryRegistration['ref'] => {
  const range = /^semver:(.*)$/s.exec(text)?.[1];
  if (range !== undefined) return { kind: 'semver', name: range.trim() };
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return { kind: 'commit', name: text };
  const tag = /^(?:refs\/)?tags\/(.+)$/.exec(text)?.[1];
  if (tag !== undefined) return { kind: 'tag', name: tag };
  return { kind: 'branch', name: text.replace(/^refs\/heads\//, '') };
};

/** A ref as it is given and shown. */
export const refText = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  kind === 'semver' ? `semver:${name}` : name;
