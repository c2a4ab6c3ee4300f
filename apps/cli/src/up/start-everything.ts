import { writeFile } from 'node:fs/promises';

import { ApiClient } from '../client/api-client.js';
import { lookAgain } from '../repo/look-again.js';
import { registerRepository } from '../repo/register-repository.js';
import type { ClusterChoice, LocalClusters } from './cluster-choice.js';
import { registerClusters, type FleetCluster } from './clusters.js';
import type { Installation } from './installation.js';
import { readToken } from './keys.js';
import { startLocalClusters } from './local-clusters.js';
import { makeLaterTools, platformTools, startPlatform } from './platform.js';
import { rememberRegistrations } from './registrations.js';
import { serveSource, type Source } from './source.js';
import { untilViewsHoldAll } from './views-now.js';

/** What a start is asked for. */
export type Wanted = {
  readonly source: Source;
  /** The user's clusters, or which local ones are to be made. */
  readonly clusters: readonly FleetCluster[] | ClusterChoice;
};

/** A fleet whose local clusters, if it has any, are decided on. */
export type Decided = Pick<Wanted, 'source'> & { readonly clusters: readonly FleetCluster[] | LocalClusters };

/** What runs, as whoever started it wants to know it. */
export type Started = {
  readonly api: ApiClient;
  readonly repository: string;
  /** Where to push to, for the local repository. */
  readonly cloneUrl?: string;
  /** Tools that only some applications need are still being made, until then. */
  readonly later?: Promise<void>;
};

const startClusters = (
  installation: Installation,
  { clusters }: Decided,
): Promise<readonly FleetCluster[]> | readonly FleetCluster[] =>
  typeof clusters === 'string' ? startLocalClusters(installation, clusters) : clusters;

/**
 * Starts the platform and the clusters side by side, and registers what the fleet is made of: clusters first, so that
 * applications are placed once. Resolves when all of it runs and is registered; whether the fleet is healthy is another
 * question.
 */
export const startEverything = async (installation: Installation, wanted: Decided): Promise<Started> => {
  const { places, ports, progress, waits } = installation;
  const api = new ApiClient({ url: `http://127.0.0.1:${ports.api}`, token: await readToken(places) });
  const registrations = await rememberRegistrations(places.registered);
  const tools = await platformTools(progress);
  const { registration, cloneUrl } = await serveSource(installation, api, wanted.source);
  const platform = startPlatform(installation, tools).then(() =>
    writeFile(places.url, api.address.url, { mode: 0o600 }),
  );
  const [clusters] = await Promise.all([startClusters(installation, wanted), platform]);
  await waits.during('the registration of the clusters', registerClusters(api, clusters, registrations));
  const { repository } = registration;
  const register = registrations.once(`repository/${repository}`, registration, () =>
    registerRepository(api, registration),
  );
  await waits.during(`the registration of repository ${repository}`, register);
  // What is known may be what an earlier start knew: whether the fleet is healthy is judged by how it is now.
  await waits.during(`a look at repository ${repository}`, lookAgain(api, repository));
  await waits.during('the views', untilViewsHoldAll(api));
  const later = makeLaterTools(tools, progress);
  return { api, repository, ...(cloneUrl !== undefined && { cloneUrl }), ...(later && { later }) };
};
