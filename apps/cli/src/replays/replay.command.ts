import type { Command } from 'commander';
import { CommandRefused } from '@syncline/kernel';
import { z } from 'zod';

import { applicationPath, findApplication } from '../application/find-application.js';
import { written } from '../client/contract.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';
import { short } from '../story/words.js';
import { addDeployments } from './deployments.command.js';

type Options = CommonOptions & {
  readonly onto?: string;
  readonly reason?: string;
  readonly end?: boolean;
  readonly cluster?: readonly string[];
};

const planName = z.looseObject({
  target: z.object({ project: z.string(), application: z.string(), cluster: z.string() }),
});
const replayed = written.extend({ cluster: z.string(), plan: z.string(), revision: z.string() });
const ended = written.extend({ ended: z.number() });

const replay = async (surroundings: Surroundings, deployment: string, options: Options): Promise<void> => {
  const { onto, reason } = options;
  if (!/^[0-9a-f]{8,64}$/.test(deployment)) {
    throw new CommandRefused(
      'no-deployment',
      `${deployment} is no deployment: name it by its plan, eight hex digits or more. syncline deployments <application> lists them.`,
    );
  }
  const session = openSession(surroundings, options);
  const api = await session.api();
  const { target } = await api.get(`/v1/plans/${deployment}`, planName);
  const { project, application: name } = target;
  const body = { deployment, ...(onto !== undefined && { onto }), ...(reason !== undefined && { reason }) };
  const answer = await api.post(`${applicationPath({ project, name })}/replays`, body, replayed);
  const { cluster, plan, revision } = answer;
  session.show({ project, application: name, ...answer }, () =>
    [
      `Plan ${plan.slice(0, 12)} (${short(revision)}) runs again on ${cluster}, as a new plan under today's rules.`,
      `syncline plan ${name} --cluster ${cluster} shows it and what differs from then.`,
      `It stays until another commit for ${name}, or syncline replay --end ${name}.`,
    ].join('\n'),
  );
};

const end = async (surroundings: Surroundings, name: string, options: Options): Promise<void> => {
  const { cluster: clusters, reason } = options;
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const body = { ...(clusters && { clusters }), ...(reason !== undefined && { reason }) };
  const path = `${applicationPath(application)}/replays/end`;
  const answer = await api.post(path, body, ended);
  session.show({ application: name, ...answer }, () =>
    answer.ended === 0
      ? `Nothing of ${name} runs from the record.`
      : `${name} becomes what Git wants again. syncline status --watch shows how it goes.`,
  );
};

/** `syncline replay` and `syncline deployments` */
export const addReplayAndDeployments = (program: Command, surroundings: Surroundings): void => {
  addDeployments(program, surroundings);
  addLeaf(program, {
    usage: 'replay <deployment>',
    about:
      'Run a recorded deployment again, from its recorded manifests and under the rules of today. It stays until another commit for the application.',
    examples: [
      'syncline deployments checkout',
      'syncline replay 4f1c2ab79d03 --reason "orders fail since the last change"',
      'syncline replay 4f1c2ab79d03 --onto prod-us',
      'syncline replay --end checkout',
    ],
  })
    .option('--onto <cluster>', 'on this cluster in place of the one where it ran')
    .option('--end', 'name an application: what it runs of the record ends, and it becomes what Git wants')
    .option('--cluster <name...>', 'with --end, only on these clusters')
    .option('--reason <text>', 'why; history, status and why show it')
    .action((name: string, options: Options) =>
      options.end === true ? end(surroundings, name, options) : replay(surroundings, name, options),
    );
};
