import { isCommandRefused } from '@syncline/kernel';
import type { Command } from 'commander';

import type { ApiClient } from '../client/api-client.js';
import { cluster, fleet, listOf } from '../client/contract.js';
import { listenForNews } from '../client/news.js';
import { simulatedLines } from '../cluster/simulated.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions, type Session } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { fleetTable, targetRecord } from './fleet-table.js';

const clearScreen = '\u001b[H\u001b[2J';
/** Ages are shown in minutes and seconds: they are drawn anew now and then. */
const everyMs = 10_000;

/** Prints the fleet as it is now. */
export const showFleet = async (session: Session, api: ApiClient): Promise<void> => {
  const { now, colour } = session.surroundings;
  const [answer, clusters] = await Promise.all([
    api.get('/v1/fleet', fleet),
    api.get('/v1/clusters', listOf(cluster)),
  ]);
  session.show({ targets: answer.targets.map(targetRecord) }, () =>
    [fleetTable(answer, { now: now(), colour }), ...simulatedLines(clusters.items)].join('\n'),
  );
};

const hasEnded = ({ aborted }: AbortSignal): boolean => aborted;

/** Prints the fleet again whenever something happens, until Ctrl-C. */
const watchFleet = async (session: Session, api: ApiClient): Promise<void> => {
  const { signal, colour, out } = session.surroundings;
  const news = listenForNews(api, {}, signal, everyMs);
  await news.next();
  while (!hasEnded(signal)) {
    if (colour && session.format === 'table') out(clearScreen);
    await showFleet(session, api).catch((error: unknown) => {
      if (!isCommandRefused(error)) throw error;
      session.surroundings.err(error.message);
    });
    await news.next();
  }
};

/** `syncline status` */
export const addStatus = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'status',
    about: 'Show every application on every cluster: what runs, what should, and how it is.',
    examples: ['syncline status', 'syncline status --watch', 'syncline status -o json'],
  })
    .option('--watch', 'print it again whenever something happens')
    .action(async (options: CommonOptions & { watch?: boolean }) => {
      const session = openSession(surroundings, options);
      const api = await session.api();
      await (options.watch === true ? watchFleet(session, api) : showFleet(session, api));
    });
};
