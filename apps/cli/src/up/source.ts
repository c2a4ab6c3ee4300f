import { createRepositoryFrom, startGitServer } from '@syncline/git';
import { join } from 'node:path';

import type { ApiClient } from '../client/api-client.js';
import { written } from '../client/contract.js';
import { parseRef, registerRepository, type RepositoryRegistration } from '../repo/register-repository.js';
import type { Installation } from './installation.js';
import type { Registrations } from './registrations.js';

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

/** Serves the example where it is asked for, and registers the repository unless it is already. */
export const registerSource = async (
  installation: Installation,
  api: ApiClient,
  source: Source,
  registrations: Registrations,
): Promise<{ readonly repository: string; readonly cloneUrl?: string }> => {
  const name = source.kind === 'example' ? exampleName : nameOf(source.url);
  const refresh = (): void => {
    api.post(`/v1/repositories/${name}/refresh`, {}, written).catch(() => undefined);
  };
  const url = source.kind === 'example' ? await serveExample(installation, refresh) : source.url;
  const registration = registrationOf(name, url, source);
  await registrations.once(`repository/${name}`, registration, () => registerRepository(api, registration));
  return { repository: name, ...(source.kind === 'example' && { cloneUrl: url }) };
};
