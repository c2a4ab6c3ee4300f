import { writeFile } from 'node:fs/promises';

import { ApiClient } from '../client/api-client.js';
import { registerRepository } from '../repo/register-repository.js';
import { registerClusters, startLocalClusters, type FleetCluster } from './clusters.js';
import type { Installation } from './installation.js';
import { readToken } from './keys.js';
import { platformTools, startPlatform } from './platform.js';
import { rememberRegistrations } from './registrations.js';
import { serveSource, type Source } from './source.js';

/** What a start is asked for. */
export type Wanted = {
  readonly source: Source;
  /** The user's clusters; local ones are made where there are none. */
  readonly clusters: readonly FleetCluster[];
};

/** What runs, as whoever started it wants to know it. */
export type Started = {
  readonly api: ApiClient;
  readonly repository: string;
  /** Where to push to, for the local repository. */
  readonly cloneUrl?: string;
};

const startClusters = (
  installation: Installation,
  { clusters }: Wanted,
): Promise<readonly FleetCluster[]> | readonly FleetCluster[] =>
  clusters.length > 0 ? clusters : startLocalClusters(installation);

/**
 * Starts the platform and the clusters side by side, and registers what the fleet is made of: clusters first, so that
 * applications are placed once. Resolves when all of it runs and is registered; whether the fleet is healthy is another
 * question.
 */
export const startEverything = async (installation: Installation, wanted: Wanted): Promise<Started> => {
  const { places, ports, progress } = installation;
  const api = new ApiClient({ url: `http://127.0.0.1:${ports.api}`, token: await readToken(places) });
  const registrations = await rememberRegistrations(places.registered);
  const tools = await platformTools(progress);
  const { registration, cloneUrl } = await serveSource(installation, api, wanted.source);
  const platform = startPlatform(installation, tools).then(() =>
    writeFile(places.url, api.address.url, { mode: 0o600 }),
  );
  const [clusters] = await Promise.all([startClusters(installation, wanted), platform]);
  await registerClusters(api, clusters, registrations);
  const { repository } = registration;
  await registrations.once(`repository/${repository}`, registration, () =>
    registerRepository(api, registration),
  );
  return { api, repository, ...(cloneUrl !== undefined && { cloneUrl }) };
};
