import type { Command } from 'commander';

import { applicationPath, findApplication } from '../application/find-application.js';
import { written } from '../client/contract.js';
import { addLeaf } from '../shell/leaf.js';
import { openSession, type CommonOptions } from '../shell/session.js';
import type { Surroundings } from '../shell/surroundings.js';

type Options = CommonOptions & { readonly reason?: string };
type Verb = 'pause' | 'resume';

const sentences: Record<Verb, (name: string) => string> = {
  pause: (name) =>
    `${name} is paused: nothing of it changes on any cluster until syncline resume ${name}. An apply under way stops at its next safe point.`,
  resume: (name) => `${name} goes on, from its newest revision. syncline status --watch shows how.`,
};

const decide = async (
  surroundings: Surroundings,
  verb: Verb,
  name: string,
  options: Options,
): Promise<void> => {
  const session = openSession(surroundings, options);
  const api = await session.api();
  const application = await findApplication(api, name);
  const body = options.reason === undefined ? {} : { reason: options.reason };
  const { position } = await api.post(`${applicationPath(application)}/${verb}`, body, written);
  session.show({ application: name, paused: verb === 'pause', position }, () => sentences[verb](name));
};

/** `syncline pause` and `syncline resume` */
export const addPauseAndResume = (program: Command, surroundings: Surroundings): void => {
  addLeaf(program, {
    usage: 'pause <application>',
    about: 'Change nothing of an application on any cluster until it is resumed; what comes meanwhile waits.',
    examples: ['syncline pause checkout --reason "the database is being moved"'],
  })
    .option('--reason <text>', 'why; syncline why and status show it')
    .action((name: string, options: Options) => decide(surroundings, 'pause', name, options));
  addLeaf(program, {
    usage: 'resume <application>',
    about: 'Let a paused application go on, from its newest revision.',
    examples: ['syncline resume checkout'],
  })
    .option('--reason <text>', 'why')
    .action((name: string, options: Options) => decide(surroundings, 'resume', name, options));
};
