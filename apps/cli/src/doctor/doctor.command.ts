import type { Command } from 'commander';

import { exitCodes } from '../shell/exit-codes.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions, type Session } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { doctorText, unchecked, type Check } from './check.js';
import { checkFleet } from './fleet.js';
import { checkMachine } from './machine.js';
import { checkReady, checkServices } from './services.js';
import { checkState } from './state.js';

const examineLocal = async ({ places, surroundings, api }: Session): Promise<readonly Check[]> => {
  const [machine, local] = await Promise.all([checkMachine(surroundings.environment), checkState(places)]);
  const before = [...local.checks, ...machine];
  if (!local.isRunning) return [...before, unchecked('services and fleet', 'nothing of it runs')];
  return [...before, ...(await checkServices(local.ports, places)), ...(await checkFleet(api))];
};

const examineRemote = async ({ api }: Session, url: string): Promise<readonly Check[]> => {
  const ready = await checkReady('api', url.replace(/\/+$/, ''), `See that Syncline runs at ${url}.`);
  return [...ready, ...(await checkFleet(api))];
};

const examine = async (surroundings: Surroundings, options: CommonOptions): Promise<void> => {
  const session = openSession(surroundings, options);
  const url = surroundings.environment.SYNCLINE_URL;
  const isLocal = url === undefined || options.state !== undefined;
  const checks = isLocal ? await examineLocal(session) : await examineRemote(session, url);
  const isWrong = checks.some(({ verdict }) => verdict === 'wrong');
  session.show({ healthy: !isWrong, checks }, () => doctorText(checks));
  if (isWrong) surroundings.setExitCode(exitCodes.refused);
};

/** `syncline doctor` */
export const addDoctor = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'doctor',
    about:
      'Say what is wrong with an installation and how to mend it: its state directory, this machine, services, log, clusters and repositories. Changes nothing. With SYNCLINE_URL it looks at that one, from outside.',
    examples: ['syncline doctor', 'syncline doctor --state ~/fleet-state', 'syncline doctor -o json'],
  }).action((options: CommonOptions) => examine(surroundings, options));
};
