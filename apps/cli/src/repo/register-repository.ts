import { CommandRefused } from '@syncline/kernel';

import type { ApiClient } from '../client/api-client.js';
import { recipients, written } from '../client/contract.js';
import { sealCredential } from '../client/seal-credential.js';

/** How to sign in at a Git remote. */
export type GitCredential = {
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
};

/** A repository to be registered. */
export type RepositoryRegistration = {
  readonly repository: string;
  readonly url: string;
  readonly ref: { readonly kind: 'branch' | 'tag' | 'commit'; readonly name: string };
  readonly paths: readonly string[];
  readonly include: readonly string[];
  readonly pollSeconds: number;
  readonly credential?: GitCredential;
};

/** Seals the credential to git-watcher, and registers the repository. Gives the position. */
export const registerRepository = async (
  api: ApiClient,
  registration: RepositoryRegistration,
): Promise<string> => {
  const { credential, ...body } = registration;
  const sealed = credential && { credential: await sealCredential(credential, await gitWatcher(api)) };
  return (await api.post('/v1/repositories', { ...body, ...sealed }, written)).position;
};

const gitWatcher = async (api: ApiClient): Promise<string> => {
  const { services } = await api.get('/v1/recipients', recipients);
  const recipient = services['git-watcher'];
  if (recipient !== undefined) return recipient;
  throw new CommandRefused(
    'not-ready',
    'git-watcher has not said its public key yet. Try again in a moment.',
  );
};

/** What a ref's text means: `refs/tags/x` or `tags/x` a tag, 40 or 64 hex digits a commit, anything else a branch. */
export const parseRef = (text: string): RepositoryRegistration['ref'] => {
  if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) return { kind: 'commit', name: text };
  const tag = /^(?:refs\/)?tags\/(.+)$/.exec(text)?.[1];
  if (tag !== undefined) return { kind: 'tag', name: tag };
  return { kind: 'branch', name: text.replace(/^refs\/heads\//, '') };
};
