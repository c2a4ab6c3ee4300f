import { dirname } from 'node:path';

import { inject } from 'vitest';

import { FleetRepository } from './fleet-repository.js';
import { Installation } from './installation.js';
import { LiveCluster } from './live-cluster.js';

/** An installation that runs for the whole suite. */
type Shared = {
  readonly state: string;
  /** Where its fleet repository is cloned from and pushed to. */
  readonly cloneUrl: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each worker: at any moment an installation belongs to one file alone. */
    installations: readonly Shared[];
  }
}

/** That of this worker; Vitest counts workers from 1. */
const shared = inject('installations')[Number(process.env.VITEST_POOL_ID) - 1]!;

/** State directory of the installation that the files of this worker share, one after the other. */
export const sharedState = shared.state;

/** The installation that the files of this worker share. */
export const sharedInstallation = (): Installation => new Installation(sharedState);

/** A fresh clone of its fleet repository. */
export const cloneFleet = (): Promise<FleetRepository> =>
  FleetRepository.clone(shared.cloneUrl, dirname(sharedState));

/** One of its clusters, asked directly. */
export const liveCluster = (name: string): Promise<LiveCluster> => LiveCluster.of(sharedState, name);
