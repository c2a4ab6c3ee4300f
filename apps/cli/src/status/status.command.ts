import type { Command } from 'commander';
import { setTimeout as delay } from 'node:timers/promises';

import type { ApiClient } from '../client/api-client.js';
import { fleet } from '../client/contract.js';
import { followEvents } from '../client/event-stream.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions, type Session } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { fleetTable, targetRecord } from './fleet-table.js';

const clearScreen = '\u001b[H\u001b[2J';
const settleMs = 150;

/** Prints the fleet as it is now. */
export const showFleet = async (session: Session, api: ApiClient): Promise<void> => {
  const { now, colour } = session.surroundings;
  const answer = await api.get('/v1/fleet', fleet);
  session.show({ targets: answer.targets.map(targetRecord) }, () =>
    fleetTable(answer, { now: now(), colour }),
  );
};

/** Prints the fleet again whenever something happens, until Ctrl-C. */
const watchFleet = async (session: Session, api: ApiClient): Promise<void> => {
  const { signal, colour, out } = session.surroundings;
  let changed = Promise.withResolvers<void>();
  const mark = (): void => changed.resolve();
  const following = (async () => {
    for await (const _ of followEvents(api, {}, signal, mark)) mark();
  })();
  signal.addEventListener('abort', mark);
  while (!signal.aborted) {
    await changed.promise;
    await delay(settleMs);
    changed = Promise.withResolvers();
    if (signal.aborted) break;
    if (colour && session.format === 'table') out(clearScreen);
    await showFleet(session, api);
  }
  await following;
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
