import { writeFile } from 'node:fs/promises';

import { ApiClient } from '../client/api-client.js';
import { registerClusters, startLocalClusters, type FleetCluster } from './clusters.js';
import type { Installation } from './installation.js';
import { readToken } from './keys.js';
import { platformTools, startPlatform } from './platform.js';
import { registerSource, type Source } from './source.js';
import { rememberRegistrations } from './registrations.js';

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

/**
 * Starts the platform and the clusters side by side, and registers what the fleet is made of. Resolves when all of it
 * runs and is registered; whether the fleet is healthy is another question.
 */
export const startEverything = async (installation: Installation, wanted: Wanted): Promise<Started> => {
  const { places, ports } = installation;
  const url = `http://127.0.0.1:${ports.api}`;
  const registrations = await rememberRegistrations(places.registered);
  const tools = await platformTools(installation.progress);
  const platform = startPlatform(installation, tools);
  const clusters = wanted.clusters.length > 0 ? wanted.clusters : startLocalClusters(installation);
  const connect = async (): Promise<Started> => {
    await platform;
    const api = new ApiClient({ url, token: await readToken(places) });
    await writeFile(places.url, url, { mode: 0o600 });
    const source = await registerSource(installation, api, wanted.source, registrations);
    return { api, ...source };
  };
  const [started, fleet] = await Promise.all([connect(), clusters]);
  await registerClusters(started.api, fleet, registrations);
  return started;
};
