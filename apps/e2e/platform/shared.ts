import { dirname } from 'node:path';

import { inject } from 'vitest';

import { FleetRepository } from './fleet-repository.js';
import { Installation } from './installation.js';
import { LiveCluster } from './live-cluster.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** State directory of the installation that every end-to-end test shares. */
    state: string;
    /** Where its fleet repository is cloned from and pushed to. */
    cloneUrl: string;
  }
}

/** The installation that the whole suite shares, started once. */
export const sharedInstallation = (): Installation => new Installation(inject('state'));

/** A fresh clone of its fleet repository. */
export const cloneFleet = (): Promise<FleetRepository> =>
  FleetRepository.clone(inject('cloneUrl'), dirname(inject('state')));

/** One of its clusters, asked directly. */
export const liveCluster = (name: string): Promise<LiveCluster> => LiveCluster.of(inject('state'), name);
