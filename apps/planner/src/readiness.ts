import { access, constants } from 'node:fs/promises';

import type { Hub } from '@syncline/event-store';
import type { Readiness } from '@syncline/observability';

import type { Config } from './config.js';

/** What the planner lacks for work, in sentences: the log, and the renderer. Clusters that are away hold only their targets. */
export const readinessOf =
  (hub: Pick<Hub, 'missing'>, { kustomize }: Pick<Config, 'kustomize'>): Readiness =>
  async () => [...hub.missing(), ...(await lackOf(kustomize))];

const lackOf = async (kustomize: string): Promise<readonly string[]> => {
  try {
    await access(kustomize, constants.X_OK);
    return [];
  } catch {
    return [`kustomize cannot be run at ${kustomize}`];
  }
};
