import { createRepositoryFrom, startGitServer } from '@syncline/git';
import { join } from 'node:path';

import type { ApiClient } from '../client/api-client.js';
import { written } from '../client/contract.js';
import { parseRef, type RepositoryRegistration } from '../repo/register-repository.js';
import type { Installation } from './installation.js';

/** What the fleet is made from: the example on a Git server of this machine, or anyone's repository. */
export type Source =
  | { readonly kind: 'example' }
  | {
      readonly kind: 'remote';
      readonly url: string;
      readonly ref: string;
      readonly paths: readonly string[];
    };

/** The name of the example repository. */
const exampleName = 'fleet';
const localPollSeconds = 15;
const remotePollSeconds = 30;

const serveExample = async (
  { root, places, ports, closeLater }: Installation,
  onPush: () => void,
): Promise<string> => {
  await createRepositoryFrom({
    repository: join(places.git, `${exampleName}.git`),
    workTree: join(root, 'examples', exampleName),
    message: 'Describe the fleet',
  });
  const server = await startGitServer({ dir: places.git, port: ports.git, onPush });
  closeLater(() => server.close());
  return server.urlOf(exampleName);
};

const registrationOf = (name: string, url: string, source: Source): RepositoryRegistration => {
  const isRemote = source.kind === 'remote';
  return {
    repository: name,
    url,
    ref: parseRef(isRemote ? source.ref : 'main'),
    paths: isRemote ? source.paths : ['applications'],
    include: [],
    pollSeconds: isRemote ? remotePollSeconds : localPollSeconds,
  };
};

/** The name of a remote repository: the last part of its address. */
export const nameOf = (url: string): string =>
  (url.replace(/\/+$/, '').split(/[/:]/).at(-1) ?? '').replace(/\.git$/, '') || 'repository';

/** A repository that can be read from now on, and how it is to be registered. */
export type ServedSource = {
  readonly registration: RepositoryRegistration;
  /** Where to push to, for the repository on this machine. */
  readonly cloneUrl?: string;
};

/**
 * Serves the example where it is asked for; a push to it is looked at at once. To be called before git-watcher starts,
 * which would find the repository away otherwise.
 */
export const serveSource = async (
  installation: Installation,
  api: ApiClient,
  source: Source,
): Promise<ServedSource> => {
  if (source.kind === 'remote')
    return { registration: registrationOf(nameOf(source.url), source.url, source) };
  const refresh = (): void => {
    // A hint alone: what is not refreshed now is found at the next poll.
    api.post(`/v1/repositories/${exampleName}/refresh`, {}, written).catch(() => undefined);
  };
  const cloneUrl = await serveExample(installation, refresh);
  return { registration: registrationOf(exampleName, cloneUrl, source), cloneUrl };
};
