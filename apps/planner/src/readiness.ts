import { access, constants, statfs } from 'node:fs/promises';

import type { Hub } from '@syncline/event-store';
import type { Readiness } from '@syncline/observability';

import type { Config } from './config.js';

/**
 * What the planner lacks for work, in sentences: the log, room, and kustomize. Clusters that are away hold only their targets, and
 * a helm that is not there holds only charts.
 */
export const readinessOf =
  (hub: Pick<Hub, 'missing'>, { stateDir, kustomize }: Pick<Config, 'stateDir' | 'kustomize'>): Readiness =>
  async () => [...hub.missing(), ...(await lackOfRoom(stateDir)), ...(await lackOf('kustomize', kustomize))];

const lackOfRoom = async (folder: string): Promise<readonly string[]> => {
  const room = await statfs(folder).catch(() => undefined);
  return room && room.blocks > 0 && room.bavail === 0 ? [`there is no room on the disk of ${folder}`] : [];
};

const lackOf = async (name: string, path: string): Promise<readonly string[]> => {
  try {
    await access(path, constants.X_OK);
    return [];
  } catch {
    return [`${name} cannot be run at ${path}`];
  }
};
