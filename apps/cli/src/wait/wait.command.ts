import { CommandRefused } from '@syncline/kernel';
import { Option, type Command } from 'commander';

import { parseDuration } from '../shell/durations.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { short } from '../story/words.js';
import { sayWaits } from './say-waits.js';
import { waitForRevision } from './wait-for-revision.js';

type WaitOptions = CommonOptions & { readonly revision: string; readonly timeout: number };

const wait = async (surroundings: Surroundings, name: string, options: WaitOptions): Promise<void> => {
  const { revision, timeout } = options;
  const session = openSession(surroundings, options);
  const signal = AbortSignal.any([surroundings.signal, AbortSignal.timeout(timeout)]);
  const onWaiting = sayWaits((line) => surroundings.err(line), surroundings.now);
  const verdict = await waitForRevision(await session.api(), name, revision, signal, onWaiting);
  if (verdict.status === 'reached') {
    session.show(
      { application: name, revision, status: 'reached' },
      () => `${name} is Current at ${short(revision)} everywhere.`,
    );
    return;
  }
  const began =
    verdict.status === 'failed'
      ? `${name} does not reach ${short(revision)}`
      : `${name} has not reached ${short(revision)} after ${timeout / 1000} s`;
  throw new CommandRefused('not-reached', `${began}: ${verdict.reason}.`.replace(/\.\.$/, '.'));
};

/** `syncline wait` */
export const addWait = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'wait <application>',
    about:
      'Wait until an application is Current at a revision on each of its clusters, or say why it is not.',
    examples: ['syncline wait checkout --revision "$(git rev-parse HEAD)" --timeout 60s'],
  })
    .requiredOption(
      '--revision <sha>',
      'the commit; one that changes nothing of the application counts as reached',
    )
    .addOption(
      new Option('--timeout <duration>', 'how long to wait, such as 60s or 5m')
        .argParser(parseDuration)
        .default(300_000, '5m'),
    )
    .action((name: string, options: WaitOptions) => wait(surroundings, name, options));
};
